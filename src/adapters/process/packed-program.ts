import process from "node:process";
import type { Script } from "node:vm";
import { type CodeCache, codeCache, type KeptCode } from "./code-cache.ts";

/**
 * The program's modules as texts; build/pack.ts makes them. Texts are compressed with Brotli, in base64. They are inside
 * of functions, so that an engine makes a string only of the text that is used.
 */
export interface Pack {
  /** The modules of a run with nothing to do, as one text: a list of functions, one a line. */
  readonly first: () => string;
  /** The other modules: their names and lengths as a line of JSON, then their functions. */
  readonly rest: () => string;
  /** Number of modules in `first`. The modules are numbered, those of `first` come first. */
  readonly count: number;
  /** A digest of `first`. */
  readonly digest: string;
}

/** The parts of `import.meta` that the modules use. */
export type Place = Pick<ImportMeta, "url" | "resolve">;

/** The values that a module exports, by name. */
interface Module {
  get(name: string): unknown;
}

type Exports = Record<string, unknown>;
type Getters = Readonly<Record<string, () => unknown>>;

/** A module's code. It declares what it exports, as esbuild's CommonJS does, or sets `module.exports`. */
type Unit = (
  tools: Tools,
  declare: (target: unknown, getters: Getters) => void,
  module: { exports: Exports },
  exports: Exports,
) => void;

/** The identifier of a module: its number, or the name of one of the runtime's own. */
type Id = number | string;

/** The functions that the modules call in place of imports. */
interface Tools extends Place {
  /** Evaluates a module now. */
  now(id: Id): Module;
  /** A module that is evaluated when one of its exports is used. */
  lazy(id: Id): object;
  /** In place of `import()` of a module inside the pack. */
  later(id: Id): Promise<object>;
  /** In place of `import()` of a file. */
  import(specifier: string): Promise<unknown>;
}

interface First {
  readonly text: string;
  readonly script: Script;
  readonly units: readonly Unit[];
  readonly cache: CodeCache | undefined;
}

interface Rest {
  readonly text: string;
  readonly places: readonly (readonly [name: string, start: number, end: number])[];
}

/**
 * A program whose modules are compiled and evaluated when they are used. JavaScript engines read all code of a file
 * before they run its first line, which for this program would take as long as the start of Node itself.
 */
export class PackedProgram {
  readonly #pack: Pack;
  readonly #modules = new Map<Id, Module>();
  readonly #lazy = new Map<Id, object>();
  readonly #tools: Tools;
  #evaluated = 0;
  #first: First | undefined;
  #rest: Rest | undefined;

  constructor(pack: Pack, { url, resolve }: Place) {
    this.#pack = pack;
    this.#tools = {
      url,
      resolve,
      now: (id) => this.#module(id),
      lazy: (id) => this.#lazyModule(id),
      later: async (id) => {
        this.#module(id);
        return this.#lazyModule(id);
      },
      import: (specifier) => import(specifier),
    };
  }

  /** The value that the first module exports under this name. */
  exported(name: string): unknown {
    return this.#module(0).get(name);
  }

  /** Keeps the compiled code for the next start, after a run that used most of it. */
  keepCode(): void {
    if (!this.#first?.cache || this.#evaluated < this.#pack.count * ENOUGH) return;
    const { text, script, cache } = this.#first;
    if (script.cachedDataRejected === false) return;
    const keep = this.exported("keepCode") as (path: string, make: () => KeptCode) => void;
    keep(cache.path, () => ({ text, code: script.createCachedData() }));
  }

  #module(id: Id): Module {
    const known = this.#modules.get(id);
    if (known) return known;
    if (typeof id === "string") {
      const runtime = process.getBuiltinModule(id) as Exports;
      return this.#remember(id, { get: (name) => (name === "default" ? runtime : runtime[name]) });
    }
    const unit = id < this.#pack.count ? this.#firstUnits()[id] : this.#restUnit(id - this.#pack.count);
    let getters: Getters | undefined;
    const module = { exports: {} as Exports };
    const made = this.#remember(id, {
      get(name) {
        if (getters) return getters[name]?.();
        return name === "default" ? module.exports : module.exports[name];
      },
    });
    const declare = (_target: unknown, all: Getters) => {
      getters = all;
    };
    unit?.(this.#tools, declare, module, module.exports);
    return made;
  }

  #remember(id: Id, module: Module): Module {
    this.#modules.set(id, module);
    return module;
  }

  /**
   * An object that gets each export at its first use, and then has it as a property, which engines access as fast as
   * any other.
   */
  #lazyModule(id: Id): object {
    const known = this.#lazy.get(id);
    if (known) return known;
    const exports: Exports = Object.create(
      new Proxy({}, { get: (_, name) => (exports[name as string] = this.#module(id).get(name as string)) }),
    );
    this.#lazy.set(id, exports);
    return exports;
  }

  #firstUnits(): readonly Unit[] {
    this.#evaluated++;
    if (this.#first) return this.#first.units;
    const cache = codeCache(this.#pack.digest);
    const text = cache?.kept?.text ?? unpacked(this.#pack.first());
    const script = compiled(text, "pgstep:start", cache?.kept?.code);
    this.#first = { text, script, units: script.runInThisContext() as Unit[], cache };
    return this.#first.units;
  }

  #restUnit(index: number): Unit {
    this.#rest ??= placesIn(unpacked(this.#pack.rest()));
    const [name, start, end] = this.#rest.places[index] ?? ["", 0, 0];
    return compiled(this.#rest.text.slice(start, end), `pgstep:${name}`).runInThisContext() as Unit;
  }
}

/** The part of the modules of a run with nothing to do that makes a run worth remembering. */
const ENOUGH = 0.75;

function placesIn(text: string): Rest {
  const end = text.indexOf("\n") + 1;
  let position = end;
  const lengths = JSON.parse(text.slice(0, end)) as [name: string, length: number][];
  const places = lengths.map(([name, length]) => {
    const start = position;
    position += length;
    return [name, start, position] as const;
  });
  return { text, places };
}

function unpacked(packed: string): string {
  const { brotliDecompressSync } = process.getBuiltinModule("node:zlib");
  return brotliDecompressSync(Buffer.from(packed, "base64")).toString("latin1");
}

function compiled(text: string, filename: string, cachedData?: Buffer): Script {
  const { Script } = process.getBuiltinModule("node:vm");
  return new Script(text, { filename, ...(cachedData && { cachedData }) });
}
