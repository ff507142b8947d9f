import process from "node:process";

/**
 * How much of a function of WebAssembly V8 executes, in bytes, before it compiles it again with all optimisations.
 * Without this it is 2 million on Node 20, and 13 million on newer ones.
 */
const EXECUTED_BYTES = 200_000_000;

let isOwnProcess = false;

/** Notes that this process is pgstep's own: in another one its settings stay as they are. */
export function noteOwnProcess(): void {
  isOwnProcess = true;
}

/**
 * Lets V8 optimise only what runs for long. Most commands end so soon that optimising takes as much CPU time as
 * everything else, on threads that the command itself then lacks.
 */
export async function optimiseLater(): Promise<void> {
  if (!isOwnProcess || process.versions.bun !== undefined) return;
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString(`--wasm-tiering-budget=${EXECUTED_BYTES}`);
}
