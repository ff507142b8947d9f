import { relative } from "node:path";
import process from "node:process";

/**
 * A reporter for `node --test` that prints the failed tests after all results, where the end of a long log shows them.
 * JavaScript, because Node loads reporters before anything that reads TypeScript.
 *
 * @param {AsyncIterable<import("node:test/reporters").TestEvent>} events
 */
export default async function* failedTests(events) {
  const failed = [];
  for await (const event of events) {
    if (event.type !== "test:fail") continue;
    const { name, file, line, details } = event.data;
    const { error } = details;
    // A suite fails with its tests and has no reason of its own.
    if (error.failureType === "subtestsFailed") continue;
    const reason = error.cause instanceof Error ? error.cause.stack : (error.cause ?? error.message);
    const where = file === undefined ? "" : ` (${relative(process.cwd(), file)}:${line})`;
    failed.push(`${name}${where}\n${String(reason).replace(/^/gm, "    ")}`);
  }
  if (failed.length > 0) yield `\nFailed tests:\n\n${failed.join("\n\n")}\n`;
}
