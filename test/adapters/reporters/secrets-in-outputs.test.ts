import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { ValidationReport } from "../../../src/core/reports/report.ts";
import type { Reporter } from "../../../src/ports/reporter.ts";
import { EVENTS, sampleReports, withTexts } from "../../support/all-reports.ts";
import { type Look, outputsOf } from "../../support/outputs.ts";

/* Every form in which a password is written in SQL and around it, against everything that pgstep writes. */

const SECRET = "hunter2Secret";

/** Each on one line, with the words "around" and "behind" before and after what is secret. */
const FORMS: readonly string[] = [
  `ALTER ROLE around PASSWORD '${SECRET}' VALID UNTIL 'behind'`,
  `CREATE ROLE around ENCRYPTED PASSWORD'${SECRET}' LOGIN behind`,
  `ALTER ROLE around PASSWORD E'\\'${SECRET}' behind`,
  `ALTER ROLE around PASSWORD U&'${SECRET}!0041' UESCAPE '!' behind`,
  `ALTER ROLE around PASSWORD $$${SECRET}$$ behind`,
  `ALTER ROLE around PASSWORD $secret$${SECRET}$secret$ behind`,
  `ALTER ROLE around PASSWORD /* it's 'a' comment */ '${SECRET}' behind`,
  `ALTER ROLE around PASSWORD 'first' || '${SECRET}' behind`,
  `ALTER ROLE around PASSWORD '''${SECRET}''' behind`,
  `ALTER ROLE around PASSWORD ${SECRET} behind`,
  `ALTER ROLE around PASSWORD "${SECRET}" behind`,
  `CREATE USER MAPPING FOR around SERVER s OPTIONS (user 'u', "password" '${SECRET}', sslmode 'behind')`,
  `CREATE SERVER around OPTIONS (sslpassword '${SECRET}', host 'behind')`,
  `SELECT dblink_connect('host=around password=${SECRET} user=behind')`,
  `SELECT dblink_connect('host=around password = ${SECRET} user=behind')`,
  `CREATE SUBSCRIPTION around CONNECTION 'host=h password=''${SECRET} y'' user=behind'`,
  `DO $$ BEGIN /* around */ EXECUTE 'ALTER ROLE x PASSWORD ''${SECRET}'''; END $$; -- behind`,
  `EXECUTE 'EXECUTE ''ALTER ROLE around PASSWORD ''''${SECRET}'''' '' -- behind'`,
  `EXECUTE format('ALTER ROLE %I PASSWORD %L', 'around', '${SECRET}'); -- behind`,
  `EXECUTE 'ALTER ROLE around PASSWORD ' || quote_literal('${SECRET}') || ' behind'`,
  `SELECT set_config('around.password', '${SECRET}', false) AS behind`,
  `ALTER DATABASE around SET "app.password" TO '${SECRET}' /* behind */`,
  `SET around.password = ${SECRET}; SELECT behind`,
  `UPDATE around SET password = crypt('${SECRET}', salt) WHERE behind`,
  `INSERT INTO around VALUES ('{"password": "${SECRET}", "behind": 1}')`,
  `see postgres://around:${SECRET}@host/behind now`,
  `see postgres://around:${SECRET}/with@every?sign@host/behind now`,
  `see postgres://around/app?password=${SECRET}&sslmode=behind now`,
  `\\set around_password ${SECRET} \\set behind 1`,
  `PGPASSWORD=${SECRET} psql around behind`,
  `mysqldump around --password ${SECRET} behind`,
];

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

const LOOKS: Readonly<Record<string, Look>> = {
  text: { format: "human" },
  terminal: { format: "human", isTerminal: true },
  json: { format: "json" },
  sarif: { format: "sarif" },
  junit: { format: "junit" },
  gitlab: { format: "gitlab" },
  "github annotations and summary": { format: "github" },
  "log file": { format: "human", logFile: true },
  "JSON log file": { format: "json", logFile: true },
};

/** Looks that show findings and failures only. */
const OF_FINDINGS: ReadonlySet<string> = new Set(["sarif", "junit", "gitlab"]);

function tellEverything(reporter: Reporter, text: string): void {
  const told = (one: string) => `${one}: ${text}`;
  for (const event of Object.values(EVENTS)) reporter.event(withTexts(event, told));
  for (const report of Object.values(withTexts(sampleReports(), told))) reporter.report(report);
  const server = { severity: "ERROR", code: "42601", message: text, detail: text, hint: text, where: text };
  const place = { path: "m/1.sql", line: 1, column: 9, sourceLine: text };
  const more = { internalQuery: text, internalPosition: 5 };
  reporter.failure(new Failure("statement-failed", text, { hint: text, place, server: { ...server, ...more } }));
  reporter.bug(new Error(text));
}

describe("a password is shown nowhere, and the text around it is", () => {
  for (const [name, look] of Object.entries(LOOKS)) {
    for (const form of FORMS) {
      test(`${name}: ${form.replaceAll(SECRET, "...")}`, () => {
        const written = Object.values(outputsOf(look, (reporter) => tellEverything(reporter, form))).join("");
        assert.ok(!written.includes(SECRET), excerpt(written));
        assert.match(written, /around.*behind/s);
      });
    }
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
    for (const format of ["sarif", "junit", "gitlab"] as const) {
      const { stdout } = outputsOf({ format }, (reporter) => reporter.report(report));
      assert.ok(!stdout.includes(SECRET), stdout);
      assert.match(stdout, /the line PASSWORD '\*\*\*' is wrong.*password=\*\*\*/s);
    }
  });
});

function excerpt(written: string): string {
  const at = written.indexOf(SECRET);
  return written.slice(Math.max(0, at - 300), at + 50);
}
