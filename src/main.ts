// Must be the first import: packages read variables while they are loaded.
import "./adapters/process/variables-of-deno.ts";

import process from "node:process";
import { isThreadStuck } from "./adapters/embedded/pglite-thread.ts";
import { hidePasswords } from "./adapters/process/process-title.ts";
import { startedWords } from "./adapters/process/program-start.ts";
import { BUG, Program } from "./program.ts";

const words = process.argv.slice(2);
hidePasswords(words);
const { stdin, stdout, stderr, env: variables } = process;
const endNow = (status: number) => process.exit(status);
const program = new Program({ words, variables, stdin, stdout, stderr, startedWords, endNow });

// No caller waits for these errors, so nothing can end in order; the server rolls back open transactions.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => {
    program.bug(error);
    process.exit(BUG);
  });
}

process.exitCode = await program.run();
if (isThreadStuck()) process.exit();
