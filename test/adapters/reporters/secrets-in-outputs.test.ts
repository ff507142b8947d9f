import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FINDING_FORMATS } from "../../../src/core/command-line/output-format.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { ValidationReport } from "../../../src/core/reports/report.ts";
import { sampleReports } from "../../support/all-reports.ts";
import { SECRET } from "../../support/foreign-texts.ts";
import { LOOKS, outputsOf } from "../../support/outputs.ts";

/* Passwords that only what stands around them tells; test/contract/reporter.test.ts has the forms that tell it themselves. */

/** Of statements on several lines: the line that failed, and those before it. */
const LINES: readonly (readonly [before: string, line: string])[] = [
  ["ALTER ROLE around PASSWORD\n", `'${SECRET}' behind`],
  ["ALTER ROLE around PASSWORD -- on the next line\n", `  '${SECRET}' behind`],
  ["ALTER ROLE around PASSWORD 'first'\n", `'${SECRET}' behind`],
  ["ALTER ROLE around PASSWORD $$first\n", `${SECRET}$$ behind`],
  ["ALTER ROLE around PASSWORD 'first\n", `${SECRET}' behind`],
  ["SELECT set_config('app.password',\n", ` '${SECRET}', false) AS behind`],
  ["", `ALTER ROLE around VALID UNTIL 'behind' PASSWORD '${SECRET}`],
];

/** Looks that show findings and failures only. */
const OF_FINDINGS: ReadonlySet<string> = new Set(FINDING_FORMATS);

describe("a password is shown nowhere, and the text around it is", () => {
  for (const [name, look] of Object.entries(LOOKS)) {
    if (OF_FINDINGS.has(name)) continue;
    for (const [before, line] of LINES) {
      test(`${name}: the source line behind ${JSON.stringify(before)}`, () => {
        const place = { path: "m/1.sql", line: 2, column: line.indexOf("behind") + 1, sourceLine: line };
        const details = { place: { ...place, ...(before && { sourceBefore: before }) } };
        const failure = new Failure("statement-failed", "Cannot apply 001_a", details);
        const written = Object.values(outputsOf(look, (reporter) => reporter.failure(failure))).join("");
        assert.ok(!written.includes(SECRET), excerpt(written));
        assert.ok(!written.includes("on the next line"), "the lines before are not shown");
        const masked = line.replace(SECRET, "*".repeat(SECRET.length));
        if (name === "text") assert.ok(written.includes(`2 | ${masked}\n`), written);
        if (name === "text") assert.match(written, new RegExp(`\\n {2}\\| {${place.column}}\\^\\n`));
      });
    }
  }

  test("where a server quotes a piece of the statement that failed", () => {
    for (const sourceLine of [`ALTER ROLE a PASSWORD '${SECRET}`, `ALTER ROLE a PASSWORD "${SECRET}";`]) {
      const quoted = sourceLine.includes('"') ? `"${SECRET}"` : `'${SECRET}`;
      const server = { severity: "ERROR", code: "42601", message: `syntax error at or near "${quoted}"` };
      const place = { path: "m/1.sql", line: 1, column: 1, sourceLine };
      const failure = new Failure("statement-failed", `Cannot apply 1: ${server.message}`, { place, server });
      const { stderr } = outputsOf({ format: "human" }, (reporter) => reporter.failure(failure));
      assert.ok(!stderr.includes(SECRET), stderr);
      assert.match(stderr, /syntax error at or near "/);
    }
  });

  test("where a finding quotes a piece of its statement", () => {
    const sourceLine = `ALTER ROLE a PASSWORD '${SECRET}' 1;`;
    const place = { path: "m/1.sql", line: 1, column: 1, sourceLine };
    const message = `syntax error at or near "'${SECRET}"`;
    const report: ValidationReport = {
      ...{ type: "validation", database: undefined, migrations: 1 },
      findings: [{ rule: "syntax", severity: "error", message, place }],
    };
    for (const format of ["human", "json", "sarif", "markdown"] as const) {
      const { stdout } = outputsOf({ format }, (reporter) => reporter.report(report));
      assert.ok(!stdout.includes(SECRET), stdout);
      assert.match(stdout, /syntax error at or near /);
    }
  });

  test("but a program that was asked for stays what it is", () => {
    const text = 'export interface Users { password: "first" | "second" }\n';
    const report = { ...sampleReports().types, text };
    assert.equal(outputsOf({ format: "human" }, (reporter) => reporter.report(report)).stdout, text);
  });

  test("in a document of findings", () => {
    const message = `the line PASSWORD '${SECRET}' is wrong`;
    const report: ValidationReport = {
      ...sampleReports().validation,
      findings: [{ rule: "bad-name", severity: "error", message, hint: `password=${SECRET}` }],
    };
    for (const format of FINDING_FORMATS) {
      const { stdout } = outputsOf({ format }, (reporter) => reporter.report(report));
      assert.ok(!stdout.includes(SECRET), stdout);
      const written = stdout.replaceAll("&#42;", "*");
      assert.match(written, /the line PASSWORD '\*\*\*' is wrong.*password=\*\*\*/s);
    }
  });
});

function excerpt(written: string): string {
  const at = written.indexOf(SECRET);
  return written.slice(Math.max(0, at - 300), at + 50);
}
