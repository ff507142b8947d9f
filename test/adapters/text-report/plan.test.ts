import assert from "node:assert/strict";
import { test } from "node:test";
import { Output } from "../../../src/adapters/output/output.ts";
import { releaseLines } from "../../../src/adapters/text-report/plan.ts";
import { displayWidth } from "../../../src/core/text/display.ts";
import { sampleReports } from "../../support/all-reports.ts";

/** The lines of the sample plan, with a long statement, as a terminal of that width shows them; undefined for a pipe. */
function shown(columns: number | undefined): string[] {
  const parts: string[] = [];
  const write = (part: string) => parts.push(part);
  const stream = columns === undefined ? { write } : { write, isTTY: true, columns };
  const output = new Output(stream, { quiet: false, verbose: false, color: "never", ascii: false, variables: {} });
  const report = sampleReports().plan;
  const steps = report.steps.map((step) => ({
    ...step,
    statements: step.statements.map((one) => ({ ...one, statement: `${one.statement} WHERE ${"x".repeat(120)}` })),
  }));
  output.lines(releaseLines({ ...report, steps }, output, false));
  return parts.join("").trimEnd().split("\n");
}

test("a plan fits the terminal, with every fact of a statement", () => {
  for (const columns of [120, 80, 40]) {
    const lines = shown(columns);
    for (const line of lines) assert.ok(displayWidth(line) <= columns, `${columns} columns: ${line}`);
    const words = lines.join(" ").replace(/\s+/g, " ");
    for (const fact of ["reads and writes", "2 million rows", "drops t with all rows", "not known before 001_a"]) {
      assert.ok(words.includes(fact), `${columns} columns, ${fact}: ${words}`);
    }
  }
});

test("in a pipe nothing is cut or wrapped", () => {
  assert.ok(shown(undefined).some((line) => line.includes("x".repeat(120))));
  assert.ok(shown(undefined).some((line) => line.length > 80));
});
