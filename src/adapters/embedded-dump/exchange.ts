/**
 * The shared memory through which pg_dump's thread waits for an answer: pg_dump reads synchronously, so its thread
 * blocks until this one has the answer. An answer larger than the memory comes in parts.
 */
export interface SharedAnswer {
  /** `STATE`, the number of bytes, and 1 if more bytes follow. */
  readonly control: Int32Array;
  readonly bytes: Uint8Array;
}

/** Values of `control[0]`. */
export const STATE = { waiting: 0, answered: 1, stopped: 2 } as const;

/** Room for most answers: a part more costs a message between the threads. */
const SHARED_BYTES = 1 << 20;

export function sharedAnswer(): SharedAnswer {
  return {
    control: new Int32Array(new SharedArrayBuffer(12)),
    bytes: new Uint8Array(new SharedArrayBuffer(SHARED_BYTES)),
  };
}

/** The thread's input. */
export interface DumpWork {
  readonly shared: SharedAnswer;
  /** pg_dump's WebAssembly module. */
  readonly compiled: object;
  readonly words: readonly string[];
}

/** The thread's messages: a message for the server, a request for the rest of the answer, and the end. */
export type FromThread =
  | { readonly kind: "ask"; readonly message: Uint8Array }
  | { readonly kind: "more" }
  | { readonly kind: "ended"; readonly status: number; readonly text: string; readonly complaint: string }
  | { readonly kind: "broken"; readonly reason: string };

/** Puts the next part of an answer into the shared memory and wakes the thread. Returns the rest. */
export function answer({ control, bytes }: SharedAnswer, given: Uint8Array): Uint8Array {
  const part = given.subarray(0, bytes.length);
  const rest = given.subarray(part.length);
  bytes.set(part);
  control[1] = part.length;
  control[2] = rest.length > 0 ? 1 : 0;
  wake(control, STATE.answered);
  return rest;
}

/** Makes a waiting thread stop. */
export function stop({ control }: SharedAnswer): void {
  wake(control, STATE.stopped);
}

function wake(control: Int32Array, state: number): void {
  Atomics.store(control, 0, state);
  Atomics.notify(control, 0);
}
