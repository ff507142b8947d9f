import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Output } from "../../../src/adapters/output/output.ts";
import { statusLines } from "../../../src/adapters/text-report/status.ts";
import type { Entry } from "../../../src/core/migrations/history.ts";
import type { StatusReport } from "../../../src/core/reports/report.ts";

const ENTRIES = [
  { version: "001", description: "Create users", state: "applied" },
  { version: "002", description: "Add conversations and messages for a persistent chat history", state: "pending" },
] as unknown as readonly Entry[];

/** The lines of the details, on a terminal of that width or in a pipe. */
function details(columns: number | undefined, more: Partial<StatusReport> = {}): string[] {
  const stream = { write: () => true, isTTY: columns !== undefined, ...(columns !== undefined && { columns }) };
  const output = new Output(stream, { quiet: false, verbose: false, color: "never", ascii: false, variables: {} });
  const report: StatusReport = {
    ...{ type: "status", database: "app", environment: undefined, entries: ENTRIES, applied: 1, pending: 1 },
    ...{ resetUnfinished: false, afterUpUnfinished: false, isProtected: false, warnings: [], ...more },
  };
  const lines = statusLines(report, output, false);
  return lines.slice(lines.indexOf("=== Migration Details ===") + 1);
}

describe("the details of the status", () => {
  test("in a pipe and on a wide terminal are as the specification has them", () => {
    const lines = [
      "001 - Create users [✓ Applied]",
      "002 - Add conversations and messages for a persistent chat history [⏳ Pending]",
    ];
    assert.deepEqual(details(undefined), lines);
    assert.deepEqual(details(120), lines);
  });

  test("on a narrow terminal are cut, and the states have a column", () => {
    assert.deepEqual(details(50), [
      "001 - Create users                    [✓ Applied]",
      "002 - Add conversations and messages… [⏳ Pending]",
    ]);
  });

  test("are only those that need action, with --pending", () => {
    assert.deepEqual(
      details(undefined, { unsettledOnly: true }).map((line) => line.slice(0, 3)),
      ["002"],
    );
  });
});
