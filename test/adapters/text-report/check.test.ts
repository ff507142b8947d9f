import assert from "node:assert/strict";
import { test } from "node:test";
import { Output } from "../../../src/adapters/output/output.ts";
import { checkLines } from "../../../src/adapters/text-report/check.ts";
import { displayWidth } from "../../../src/core/text/display.ts";
import { sampleReports } from "../../support/all-reports.ts";

/** The lines of the sample report as a terminal of that width shows them. */
function shown(columns: number, verbose = false): string[] {
  const parts: string[] = [];
  const stream = { write: (part: string) => parts.push(part), isTTY: true, columns };
  const output = new Output(stream, { quiet: false, verbose, color: "never", ascii: false, variables: {} });
  const report = sampleReports().check;
  const [statement] = report.statements;
  assert.ok(statement);
  const weak = { relation: "weak", lock: "ROW SHARE", blocks: undefined, rewritten: false, scanned: false };
  const statements = [{ ...statement, touches: [...statement.touches, weak] }];
  const recipe =
    "-- keep it current with a trigger, then fill it in batches\nSELECT 1;  -- a comment that is longer than the line";
  const findings = report.findings.map((finding) => ({ ...finding, ...(finding.recipe && { recipe }) }));
  output.lines(checkLines({ ...report, statements, findings }, output, verbose));
  return parts.join("").trimEnd().split("\n");
}

test("the table of a check ends with the statements where there is room", () => {
  const row = (columns: number) => shown(columns).find((line) => line.startsWith("001_a.sql:2"));
  assert.match(
    row(120) ?? "",
    /^001_a\.sql:2 +t +ACCESS EXCLUSIVE +reads and writes +rewritten +ALTER TABLE t ADD c int$/,
  );
  assert.match(row(90) ?? "", / rewritten {2}ALTER TABLE t ADD c…$/);
  assert.match(row(80) ?? "", / rewritten$/);
  for (const columns of [120, 90, 80, 40]) {
    const others = shown(columns).filter((line) => !line.startsWith("    SELECT 1;"));
    for (const line of others) assert.ok(displayWidth(line) <= columns, line);
  }
});

test("a lock that blocks nobody is listed only with --verbose", () => {
  assert.ok(!shown(80).some((line) => line.includes("ROW SHARE")));
  assert.ok(shown(80, true).some((line) => line.includes("ROW SHARE")));
});

test("each line of a comment in a recipe stays a comment", () => {
  const comments = shown(40).filter((line) => line.includes("-- "));
  assert.deepEqual(comments, [
    "    -- keep it current with a trigger,",
    "    -- then fill it in batches",
    "    SELECT 1;  -- a comment that is longer than the line",
  ]);
});
