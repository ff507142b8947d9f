import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type DumpWork, type FromThread, STATE } from "./exchange.ts";
import { OutgoingProtocol } from "./outgoing-protocol.ts";

/*
 * The program of pg_dump's thread. The build joins it with pg_dump's runtime into embedded/pg-dump.js: a file of its
 * own, since a thread must not load the file of a program that pgstep is bundled into, and start that program again.
 */

/** Every runtime has it, but the types of Node 20 do not. */
declare const WebAssembly: {
  readonly Instance: new (compiled: object, imports: object) => { readonly exports: object };
};

/** The part of pg_dump's runtime that is used here; numbers are addresses. */
interface PgDumpRuntime {
  readonly HEAPU8: Uint8Array;
  readonly FS: { readFile(path: string, options: { encoding: "utf8" }): string };
  addFunction(work: (address: number, length: number) => number, signature: string): number;
  _pgl_set_rw_cbs(read: number, write: number): void;
  callMain(words: readonly string[]): number;
}

/** Starts pg_dump's runtime. */
export type StartPgDump = (hooks: {
  noExitRuntime: boolean;
  instantiateWasm(imports: object, receive: (instance: object, compiled: object) => void): object;
  print(line: string): void;
  printErr(line: string): void;
  onExit(status: number): void;
}) => Promise<PgDumpRuntime>;

const OUTPUT = "/tmp/out.sql";
const TERMINATE = 0x58;

/** Runs pg_dump once, and ends. */
export async function runInThread(start: StartPgDump): Promise<void> {
  const port = parentPort;
  if (!port) return;
  const say = (message: FromThread) => port.postMessage(message);
  try {
    say(await run(start, workerData as DumpWork, port));
  } catch (error) {
    say({ kind: "broken", reason: reasonOf(error) });
  }
}

/** Errors of the virtual file system are no `Error`; they have a name and a number. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}

async function run(start: StartPgDump, work: DumpWork, port: MessagePort): Promise<FromThread> {
  const { shared, words, compiled } = work;
  const outgoing = new OutgoingProtocol();
  const complaints: string[] = [];
  let status = 0;
  let answer: Uint8Array = new Uint8Array(0);
  const runtime = await start({
    noExitRuntime: false,
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(compiled, imports);
      receive(instance, compiled);
      return instance.exports;
    },
    print() {},
    printErr: (line) => void complaints.push(line),
    onExit(ended) {
      status = ended;
    },
  });
  const read = runtime.addFunction((address, length) => {
    const part = answer.subarray(0, length);
    runtime.HEAPU8.set(part, address);
    answer = answer.subarray(part.length);
    return part.length;
  }, "iii");
  const write = runtime.addFunction((address, length) => {
    for (const message of outgoing.add(runtime.HEAPU8.slice(address, address + length))) {
      if (message[0] === TERMINATE) continue;
      answer = joined([answer, ...exchange(shared, port, message)]);
    }
    return length;
  }, "iii");
  runtime._pgl_set_rw_cbs(read, write);
  runtime.callMain([...words, `--file=${OUTPUT}`]);
  const text = status === 0 ? runtime.FS.readFile(OUTPUT, { encoding: "utf8" }) : "";
  return { kind: "ended", status, text, complaint: complaints.join("\n") };
}

/** Sends a message and blocks until its answer is complete. */
function exchange({ control, bytes }: DumpWork["shared"], port: MessagePort, message: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let request: FromThread = { kind: "ask", message };
  do {
    Atomics.store(control, 0, STATE.waiting);
    port.postMessage(request);
    // The notification of the answer before may come only now: the thread had found that answer without waiting for it.
    while (Atomics.load(control, 0) === STATE.waiting) Atomics.wait(control, 0, STATE.waiting);
    if (Atomics.load(control, 0) === STATE.stopped) throw new Error("stopped");
    parts.push(bytes.slice(0, control[1]));
    request = { kind: "more" };
  } while (control[2] === 1);
  return parts;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
