import { Worker } from "node:worker_threads";
import type { LoadedPglite, Pglite, PgliteOptions } from "./pglite-module.ts";

/** PGlite in a thread of its own. */
export interface PgliteThread extends Pglite {
  /** Stops the thread, whatever it runs. Calls that are not answered yet fail. */
  stop(): void;
  /** The files below a directory of its file system, by their paths within it. */
  files(directory: string): Promise<ReadonlyMap<string, Uint8Array>>;
}

/** Threads that were stopped and have not ended: Bun cannot end one that is inside of an endless loop. */
const stopping = new Set<Worker>();

/** True if a stopped thread keeps this process from ending by itself. */
export function isThreadStuck(): boolean {
  return stopping.size > 0;
}

/**
 * The program of the thread, as a text: a file of its own would be one more for every kind of package. Answers come in
 * the order of the calls.
 */
const PROGRAM = `Promise.all(["worker_threads", "fs", "zlib"].map((name) => import("node:" + name))).then((modules) => {
  const [{ parentPort }, { readFileSync }, { brotliDecompressSync }] = modules;
  let pglite;
  const calls = {
    async start(module, given, startParams) {
      const image = typeof given === "string" ? brotliDecompressSync(readFileSync(new URL(given))) : given;
      // Deno does not notice the end of a compilation while nothing else happens in the thread.
      const awake = setInterval(() => {}, 20);
      try {
        const { PGlite } = await import(module);
        pglite = await PGlite.create({ startParams, ...(image && { loadDataDir: new Blob([image]) }) });
      } finally {
        clearInterval(awake);
      }
    },
    async run(message) {
      await pglite.execProtocolRawStream(message, {
        onRawData(bytes) {
          const part = Uint8Array.from(bytes);
          parentPort.postMessage({ part }, [part.buffer]);
        },
      });
    },
    query: async (sql) => (await pglite.query(sql)).rows,
    async files(directory) {
      const { FS } = pglite.Module;
      const found = [];
      const walk = (path) => {
        for (const name of FS.readdir(directory + path)) {
          const inside = path + "/" + name;
          if (name === "." || name === "..") continue;
          if (FS.isDir(FS.stat(directory + inside).mode)) walk(inside);
          else found.push([inside.slice(1), FS.readFile(directory + inside)]);
        }
      };
      walk("");
      return found;
    },
    mkdirTree: async (path) => void pglite.Module.FS.mkdirTree(path),
    writeFile: async (path, bytes) => void pglite.Module.FS.writeFile(path, bytes),
  };
  parentPort.on("message", async ({ call, given }) => {
    try {
      parentPort.postMessage({ value: await calls[call](...given) });
    } catch (error) {
      parentPort.postMessage({ error: String(error?.message ?? error) });
    }
  });
});`;

type Answer = { readonly part: Uint8Array } | { readonly value: unknown } | { readonly error: string };

interface Call {
  readonly part: ((bytes: Uint8Array) => void) | undefined;
  readonly done: (value: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** Starts PGlite in memory. @param image an archive of the database to start with; without it, an empty one */
export async function startPgliteThread(
  { module, source, directory }: LoadedPglite,
  { startParams = module.PGlite.defaultStartParams }: Pick<PgliteOptions, "startParams">,
  image?: Uint8Array,
): Promise<PgliteThread> {
  // The loaders of the test runner are not for the thread.
  const worker = new Worker(PROGRAM, { eval: true, execArgv: [] });
  const calls: Call[] = [];
  let lost: Error | undefined;
  const fail = (error: Error) => {
    lost ??= error;
    for (const call of calls.splice(0)) call.failed(lost);
  };
  worker.on("message", (answer: Answer) => {
    if ("part" in answer) calls[0]?.part?.(answer.part);
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
      worker.postMessage({ call, given });
    });
  const stop = () => {
    if (lost) return;
    fail(new Error("the embedded database was stopped"));
    stopping.add(worker);
    worker.unref();
    void worker.terminate();
  };
  try {
    const given = image ?? (module.baseImage && new URL(module.baseImage, directory).href);
    await ask("start", [source, given, startParams]);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    // A copy: the message may be a part of a larger buffer, which would be copied as a whole.
    execProtocolRawStream: async (message, { onRawData }) =>
      void (await ask("run", [Uint8Array.from(message)], onRawData)),
    query: async (sql) => ({ rows: (await ask("query", [sql])) as readonly unknown[] }),
    Module: {
      FS: {
        mkdirTree: (path) => void ask("mkdirTree", [path]).catch(fail),
        writeFile: (path, bytes) => void ask("writeFile", [path, Uint8Array.from(bytes)]).catch(fail),
      },
    },
    files: async (at) => new Map((await ask("files", [at])) as [string, Uint8Array][]),
    async close() {
      stop();
    },
    stop,
  };
}
