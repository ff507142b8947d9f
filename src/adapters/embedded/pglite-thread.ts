import { readFileSync } from "node:fs";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { ArchiveEntry } from "../images/archive.ts";
import type { LoadedPglite, Pglite, PgliteOptions } from "./pglite-module.ts";

/** PGlite in a thread of its own. */
export interface PgliteThread extends Pglite {
  /** Resolves when PGlite answers; rejects if it cannot start, and then the thread is stopped. */
  readonly started: Promise<void>;
  /** Stops the thread, whatever it runs. Calls that are not answered yet fail. */
  stop(): void;
  /** The paths of the files below a directory of its file system, within that directory. */
  list(directory: string): Promise<readonly string[]>;
  readFile(path: string): Promise<Uint8Array>;
}

/** Threads that were stopped and have not ended: Bun cannot end one that is inside of an endless loop. */
const stopping = new Set<Worker>();

/** True if a stopped thread keeps this process from ending by itself. */
export function isThreadStuck(): boolean {
  return stopping.size > 0;
}

/** How much of an answer is collected before it is passed on, in bytes, and for how long, in milliseconds. */
const COLLECTED_BYTES = 65_536;
const COLLECTED_MS = 20;

/**
 * The program of the thread, as a text: a file of its own would be one more for every kind of package. Answers come in
 * the order of the calls. Bytes travel as ArrayBuffer: Deno looks at each byte of a Uint8Array, which takes seconds and
 * gigabytes for a database.
 */
const PROGRAM = `Promise.all(["worker_threads", "fs"].map((name) => import("node:" + name))).then((modules) => {
  const [{ parentPort }, { readFileSync }] = modules;
  let pglite, loading, awake;
  const loaded = async (module, wasm) => {
    const [classes, pgliteWasmModule] = await Promise.all([import(module), WebAssembly.compile(readFileSync(new URL(wasm)))]);
    return { ...classes, pgliteWasmModule };
  };
  const calls = {
    load(module, wasm) {
      // Deno does not notice the end of a compilation while nothing else happens in the thread.
      awake = setInterval(() => {}, 20);
      loading = loaded(module, wasm);
      loading.catch(() => {});
    },
    async start(startParams, files, ...buffers) {
      try {
        const { PGlite, FilesInMemory, pgliteWasmModule } = await loading;
        const fs = files && new FilesInMemory(files.map(([path, isDirectory, mode, buffer, at, length]) => (
          { path, isDirectory, mode, bytes: new Uint8Array(buffers[buffer], at, length) }
        )));
        pglite = await PGlite.create({ startParams, pgliteWasmModule, ...(fs && { fs }) });
      } finally {
        clearInterval(awake);
      }
    },
    async run(messages) {
      // Each message to the other thread costs about as much as running a short statement.
      let parts = [], size = 0, since = performance.now();
      const joined = () => {
        const whole = new Uint8Array(size);
        let at = 0;
        for (const part of parts) {
          whole.set(part, at);
          at += part.length;
        }
        [parts, size, since] = [[], 0, performance.now()];
        return whole.buffer;
      };
      const onRawData = (bytes) => {
        parts.push(new Uint8Array(bytes));
        size += bytes.length;
        if (size < ${COLLECTED_BYTES} && performance.now() - since < ${COLLECTED_MS}) return;
        const part = joined();
        parentPort.postMessage({ part }, [part]);
      };
      for (const message of messages) await pglite.execProtocolRawStream(new Uint8Array(message), { onRawData });
      return joined();
    },
    query: async (sql) => (await pglite.query(sql)).rows,
    async list(directory) {
      const { FS } = pglite.Module;
      const found = [];
      const walk = (path) => {
        for (const name of FS.readdir(directory + path)) {
          const inside = path + "/" + name;
          if (name === "." || name === "..") continue;
          if (FS.isDir(FS.stat(directory + inside).mode)) walk(inside);
          else found.push(inside.slice(1));
        }
      };
      walk("");
      return found;
    },
    readFile: async (path) => new Uint8Array(pglite.Module.FS.readFile(path)).buffer,
    mkdirTree: async (path) => void pglite.Module.FS.mkdirTree(path),
    writeFile: async (path, bytes) => void pglite.Module.FS.writeFile(path, new Uint8Array(bytes)),
  };
  const answer = async ({ call, given }) => {
    try {
      const value = await calls[call](...given);
      parentPort.postMessage({ value }, value instanceof ArrayBuffer ? [value] : []);
    } catch (error) {
      parentPort.postMessage({ error: String(error?.message ?? error) });
    }
  };
  // The next call may come while one waits for something.
  let last;
  parentPort.on("message", (message) => {
    last = Promise.resolve(last).then(() => answer(message));
  });
});`;

type Answer = { readonly part: ArrayBuffer } | { readonly value: unknown } | { readonly error: string };

interface Call {
  readonly part: ((bytes: Uint8Array) => void) | undefined;
  readonly done: (value: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** Every runtime has it, but the types of Node 20 do not. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

/**
 * PGlite's code, kept for the whole process: when a thread compiles the same bytes, V8 gives it this code with all
 * optimised functions. So the second and later databases take a third of the CPU time.
 */
let code: Promise<unknown> | undefined;

function keepCode(wasm: URL): Promise<unknown> {
  // Threads of Bun share no code.
  code ??= process.versions.bun === undefined ? WebAssembly.compile(readFileSync(wasm)) : Promise.resolve();
  return code;
}

/**
 * Starts PGlite in memory. The thread does so alone: this one may work meanwhile.
 * @param makeFiles called while PGlite is compiled: the files of the database to start with, which are moved to the
 *   thread; undefined if PGlite creates an empty one
 */
export function startPgliteThread(
  { module, source }: LoadedPglite,
  { startParams = module.PGlite.defaultStartParams }: Pick<PgliteOptions, "startParams">,
  makeFiles: () => readonly ArchiveEntry[] | undefined,
): PgliteThread {
  // The loaders of the test runner are not for the thread.
  const worker = new Worker(PROGRAM, { eval: true, execArgv: [] });
  const calls: Call[] = [];
  let lost: Error | undefined;
  const fail = (error: Error) => {
    lost ??= error;
    for (const call of calls.splice(0)) call.failed(lost);
  };
  worker.on("message", (answer: Answer) => {
    if ("part" in answer) calls[0]?.part?.(new Uint8Array(answer.part));
    else if ("value" in answer) calls.shift()?.done(answer.value);
    else calls.shift()?.failed(new Error(answer.error));
  });
  worker.on("error", (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", () => {
    stopping.delete(worker);
    fail(new Error("the embedded database ended"));
  });
  const ask = (call: string, given: readonly unknown[], part?: Call["part"]) =>
    new Promise<unknown>((done, failed) => {
      if (lost) return failed(lost);
      calls.push({ part, done, failed });
      worker.postMessage(
        { call, given },
        given.flat().filter((one) => one instanceof ArrayBuffer),
      );
    });
  const stop = () => {
    if (lost) return;
    fail(new Error("the embedded database was stopped"));
    stopping.add(worker);
    worker.unref();
    void worker.terminate();
  };
  const start = async () => {
    try {
      const wasm = new URL("./pglite.wasm", source);
      const loading = [ask("load", [source, wasm.href]), keepCode(wasm)];
      // If there are no files, that is the error.
      for (const part of loading) part.catch(() => {});
      const files = makeFiles();
      await Promise.all([...loading, ask("start", [startParams, ...(files ? movable(files) : [])])]);
    } catch (error) {
      stop();
      throw error;
    }
  };
  const runAll = async (messages: readonly Uint8Array[], onRawData: (bytes: Uint8Array) => void) => {
    const rest = (await ask("run", [messages.map(bufferOf)], onRawData)) as ArrayBuffer;
    if (rest.byteLength > 0) onRawData(new Uint8Array(rest));
  };
  return {
    started: start(),
    runAll,
    execProtocolRawStream: (message, { onRawData }) => runAll([message], onRawData),
    query: async (sql) => ({ rows: (await ask("query", [sql])) as readonly unknown[] }),
    Module: {
      FS: {
        mkdirTree: (path) => void ask("mkdirTree", [path]).catch(fail),
        writeFile: (path, bytes) => void ask("writeFile", [path, bufferOf(bytes)]).catch(fail),
      },
    },
    list: async (directory) => (await ask("list", [directory])) as readonly string[],
    readFile: async (path) => new Uint8Array((await ask("readFile", [path])) as ArrayBuffer),
    async close() {
      stop();
    },
    stop,
  };
}

/** The files as the thread takes them: a list that names the buffers after it by their numbers. */
function movable(files: readonly ArchiveEntry[]): unknown[] {
  const buffers = [...new Set(files.map(({ bytes }) => bytes.buffer))];
  const numbers = new Map(buffers.map((buffer, number) => [buffer, number]));
  const list = files.map(({ path, isDirectory, mode, bytes }) => [
    ...[path, isDirectory, mode],
    ...[numbers.get(bytes.buffer), bytes.byteOffset, bytes.length],
  ]);
  return [list, ...buffers];
}

/** A copy that can be moved to the thread: the bytes may be a part of a larger buffer. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
