import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Output } from "../../../src/adapters/output/output.ts";
import { stepLine, unfinishedLines } from "../../../src/adapters/text-report/run.ts";
import { statusLines } from "../../../src/adapters/text-report/status.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { Entry } from "../../../src/core/migrations/history.ts";
import type { StepReport } from "../../../src/core/reports/report.ts";
import { displayWidth } from "../../../src/core/text/display.ts";

/** A terminal of so many columns, or a file. */
function output(columns?: number): Output {
  const stream = { write: () => true, isTTY: columns !== undefined, ...(columns !== undefined && { columns }) };
  return new Output(stream, { ascii: false, verbose: true, quiet: false, color: "never", variables: {} });
}

function applied(name: string, durationMs: number): Entry {
  const [version = ""] = name.split("_");
  const header = { transaction: "one" as const, lockTimeoutMs: undefined, environments: [] };
  const up = { path: `database/migrations/${name}.sql`, header, checksum: "0123456789abcdef", size: 1 };
  return {
    version,
    description: "a step",
    state: "applied",
    migration: { version, name, description: "a step", up },
    applied: {
      version,
      appliedAt: "2025-10-12T09:30:00.123456",
      description: "a step",
      checksum: up.checksum,
      durationMs,
      appliedBy: "app",
      toolVersion: "0.1.0",
      hasDownScript: false,
    },
  };
}

function details(columns: number | undefined, ...entries: Entry[]): string[] {
  const report = {
    type: "status" as const,
    database: "app on localhost",
    environment: undefined,
    entries,
    applied: entries.length,
    pending: 0,
    resetUnfinished: false,
    afterUpUnfinished: false,
    isProtected: false,
    warnings: [],
  };
  const lines = statusLines(report, output(columns), true);
  return lines.slice(lines.indexOf("=== Migration Details ===") + 1);
}

describe("the columns of a verbose status", () => {
  const entries = [applied("001_users", 5), applied("002_a_name_of_some_length", 1_200)];

  test("stand on one line where there is room, and in a file", () => {
    for (const columns of [undefined, 120]) {
      assert.deepEqual(details(columns, ...entries), [
        "001 - a step [✓ Applied]",
        "    2025-10-12 09:30:00 UTC  5 ms   app  01234567  database/migrations/001_users.sql",
        "002 - a step [✓ Applied]",
        "    2025-10-12 09:30:00 UTC  1.2 s  app  01234567  database/migrations/002_a_name_of_some_length.sql",
      ]);
    }
  });

  test("have the file below them on a narrow terminal, all alike", () => {
    assert.deepEqual(details(90, ...entries), [
      "001 - a step [✓ Applied]",
      "    2025-10-12 09:30:00 UTC  5 ms   app  01234567",
      "    database/migrations/001_users.sql",
      "002 - a step [✓ Applied]",
      "    2025-10-12 09:30:00 UTC  1.2 s  app  01234567",
      "    database/migrations/002_a_name_of_some_length.sql",
    ]);
  });

  test("fit every width", () => {
    for (let columns = 30; columns <= 110; columns++) {
      for (const line of details(columns, ...entries)) {
        assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
      }
    }
  });
});

describe("a step that the user stopped", () => {
  const step: StepReport = { version: "001", name: "001_x", description: "x", direction: "up", outcome: "failed" };

  test("was interrupted or terminated, and did not fail", () => {
    for (const code of ["interrupted", "terminated"] as const) {
      const failure = new Failure(code, "Cannot run 001_x.sql: it was stopped");
      assert.deepEqual(unfinishedLines([step], 5, output(), failure), [`✗ 001_x  ${code}`]);
    }
    assert.equal(stepLine(step, 5, output()), "✗ 001_x  failed");
    const other = new Failure("statement-failed", "Cannot run 001_x.sql: no");
    assert.deepEqual(unfinishedLines([step], 5, output(), other), ["✗ 001_x  failed"]);
  });
});
