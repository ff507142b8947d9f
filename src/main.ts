// Must be the first import: packages read variables while they are loaded.
import "./adapters/process/variables-of-deno.ts";

import process from "node:process";
import { isThreadStuck } from "./adapters/embedded/pglite-thread.ts";
import { noteOwnProcess } from "./adapters/embedded/wasm-optimiser.ts";
import { hidePasswords } from "./adapters/process/process-title.ts";
import { startedWords } from "./adapters/process/program-start.ts";
import { BUG, Program } from "./program.ts";

export { keepCode } from "./adapters/process/keep-code.ts";

/** Runs the program in its process, and sets the exit status. Resolves to true if a command ran that may write. */
export async function main(): Promise<boolean> {
  const words = process.argv.slice(2);
  hidePasswords(words);
  noteOwnProcess();
  const { stdout, stderr, env: variables } = process;
  const endNow = (status: number) => process.exit(status);
  const program = new Program({
    words,
    variables,
    // Opened only for a question: that takes about two milliseconds.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    startedWords,
    endNow,
  });

  // No caller waits for these errors, so nothing can end in order; the server rolls back open transactions.
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error: unknown) => {
      program.bug(error);
      process.exit(BUG);
    });
  }

  process.exitCode = await program.run();
  if (isThreadStuck()) process.exit();
  return program.mayWrite;
}
