import process from "node:process";
import { after } from "node:test";
import { doWorkAtEnd } from "./at-end.ts";

/*
 * Loaded before every test file by `npm test`: a file whose tests have ended must end by itself. One that a forgotten
 * server, timer or connection keeps alive would hold up the whole run without a word.
 */

const LOOKS_EVERY_MS = 1_000;
const LIMIT_MS = 30_000;

/** Standard input and output, and this file's own timer. */
const HARMLESS: ReadonlySet<string> = new Set(["PipeWrap", "FileHandle", "TTYWrap", "Timeout"]);

// The runner loads this as well, and it has no tests.
if (process.env.NODE_TEST_CONTEXT) {
  after(() => {
    process.once("beforeExit", doWorkAtEnd);
    const ended = performance.now();
    const look = setInterval(() => {
      const open = process.getActiveResourcesInfo();
      const timers = open.filter((name) => name === "Timeout").length;
      // V8 keeps compiling the embedded database's WebAssembly for many seconds, and Node waits for it.
      const onlyCompiles = timers <= 1 && open.every((name) => HARMLESS.has(name));
      if (onlyCompiles && process.stdout.writableLength === 0) doWorkAtEnd().finally(() => process.exit());
      if (performance.now() - ended < LIMIT_MS) return;
      console.error(`${process.argv[1]} did not end by itself; it left open: ${open}`);
      process.exit(1);
    }, LOOKS_EVERY_MS);
    look.unref();
  });
}
