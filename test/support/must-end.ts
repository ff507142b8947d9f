import process from "node:process";
import { after } from "node:test";

/*
 * Loaded before every test file by `npm test`: a file whose tests have ended must end by itself. One that a forgotten
 * server, timer or connection keeps alive would hold up the whole run without a word.
 */

const LIMIT_MS = 10_000;

// The runner loads this as well, and it has no tests.
if (process.env.NODE_TEST_CONTEXT) {
  after(() => {
    setTimeout(() => {
      console.error(`${process.argv[1]} did not end by itself; it left open: ${process.getActiveResourcesInfo()}`);
      process.exit(1);
    }, LIMIT_MS).unref();
  });
}
