import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { BegunHash } from "../../ports/file-system.ts";

/** For smaller files a thread takes longer to start than it saves. */
const SMALLEST_BYTES = 16 << 20;
/** Each takes a processor and some memory. */
const MOST_THREADS = 2;
/** A file system may not notice a second change within its resolution of time. */
const RECENT_MS = 2_000;
/** A thread without progress for so long counts as failed. */
const STALLED_MS = 1_000;

/** Places in the shared memory: the state, the number of parts read, and the digest. */
const STATE = 0;
const PARTS = 1;
const DIGEST_AT = 8;
const SHARED_BYTES = DIGEST_AT + 32;
const RUNNING = 0;
const DONE = 1;

/** The program of the thread, as a text: a file of its own would be one more for every kind of package. */
const PROGRAM = `Promise.all(["worker_threads", "fs", "crypto"].map((name) => import("node:" + name))).then((modules) => {
  const [{ workerData }, { openSync, readSync, closeSync }, { createHash }] = modules;
  const { path, shared } = workerData;
  const state = new Int32Array(shared, 0, 2);
  let end = 2;
  try {
    const file = openSync(path, "r");
    try {
      const part = Buffer.allocUnsafeSlow(65536);
      const hash = createHash("sha256");
      let isPlain = true;
      for (let length = 1; isPlain && length > 0; Atomics.add(state, ${PARTS}, 1)) {
        length = readSync(file, part, 0, part.length, null);
        const bytes = part.subarray(0, length);
        isPlain = !bytes.includes(13) && (state[${PARTS}] > 0 || bytes[0] !== 0xef);
        hash.update(bytes);
      }
      if (isPlain) {
        new Uint8Array(shared, ${DIGEST_AT}).set(hash.digest());
        end = ${DONE};
      }
    } finally {
      closeSync(file);
    }
  } catch {
    // The caller reads the file itself, and reports the error.
  }
  Atomics.store(state, ${STATE}, end);
  Atomics.notify(state, ${STATE});
});`;

let running = 0;

/** Begins to hash a file in a thread; the port documents it. */
export function beginHash(path: string): BegunHash | undefined {
  const before = identityOf(path);
  if (before === undefined || before.size < SMALLEST_BYTES || Date.now() - before.changedMs < RECENT_MS) {
    return undefined;
  }
  if (running >= MOST_THREADS || availableParallelism() < 2) return undefined;
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const worker = startThread({ path, shared });
  if (!worker) return undefined;
  running++;
  let isRunning = true;
  const state = new Int32Array(shared, 0, 2);
  return {
    wait() {
      let seen = -1;
      while (Atomics.wait(state, STATE, RUNNING, STALLED_MS) === "timed-out") {
        const parts = Atomics.load(state, PARTS);
        if (parts === seen) break;
        seen = parts;
      }
      if (isRunning) running--;
      isRunning = false;
      void worker.terminate();
      if (Atomics.load(state, STATE) !== DONE) return undefined;
      return Buffer.from(new Uint8Array(shared, DIGEST_AT)).toString("hex");
    },
    isUnchanged() {
      return identityOf(path)?.text === before.text;
    },
  };
}

function startThread(workerData: { readonly path: string; readonly shared: SharedArrayBuffer }): Worker | undefined {
  try {
    const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };
    // Without the options of this process, which may load programs.
    const worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData, resourceLimits });
    worker.on("error", () => {});
    worker.unref();
    return worker;
  } catch {
    return undefined;
  }
}

/** A file's size, and everything that changes when the file is written or replaced. */
function identityOf(path: string): { size: number; changedMs: number; text: string } | undefined {
  try {
    const { size, mtimeMs, ctimeMs, ino, dev } = statSync(path);
    return { size, changedMs: Math.max(mtimeMs, ctimeMs), text: [size, mtimeMs, ctimeMs, ino, dev].join(" ") };
  } catch {
    return undefined;
  }
}
