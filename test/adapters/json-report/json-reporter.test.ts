import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { JsonReporter } from "../../../src/adapters/json-report/json-reporter.ts";
import { MaskedReporter } from "../../../src/adapters/reporters/masked-reporter.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { RunReport } from "../../../src/core/reports/report.ts";

function reporter(quiet = false) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const json = new JsonReporter(stream("stdout"), stream("stderr"), { quiet, verbose: true });
  const lines = () =>
    written.stdout
      .trimEnd()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line));
  return { json, written, lines };
}

const SERVER = { severity: "ERROR", code: "42P01", message: "no\nsuch relation", position: 3 };

describe("the JSON reporter", () => {
  test("ends a failed run with the report, its failure inside", () => {
    const { json, lines, written } = reporter();
    const failure = new Failure("statement-failed", "Cannot apply 001_a: no (42P01)", {
      place: { path: "m/001_a.sql", line: 1, column: 2 },
      server: SERVER,
    });
    const step = { version: "001", name: "001_a", description: "a", direction: "up" as const };
    const report: RunReport = {
      type: "run",
      command: "up",
      database: "app on h:5432",
      dryRun: false,
      steps: [{ ...step, outcome: "failed" }],
      alreadyApplied: 0,
      durationMs: 5,
      failure,
    };
    json.event({ type: "step-started", step: { ...step, script: undefined }, statements: 1 });
    json.event({ type: "notice", message: SERVER });
    json.report(report);
    const nothing = {
      detail: null,
      hint: null,
      where: null,
      schema: null,
      table: null,
      column: null,
      constraint: null,
    };
    const server = { severity: "ERROR", code: "42P01", message: "no\nsuch relation", ...nothing };
    assert.deepEqual(lines(), [
      { type: "step-started", format: 1, step, statements: 1 },
      { type: "notice", format: 1, migration: null, place: null, server },
      {
        type: "run",
        format: 1,
        command: "up",
        database: "app on h:5432",
        dryRun: false,
        alreadyApplied: 0,
        durationMs: 5,
        steps: [{ ...step, outcome: "failed", durationMs: null, inPart: null }],
        repeatable: [],
        hooks: [],
        failure: {
          type: "failure",
          code: "statement-failed",
          message: "Cannot apply 001_a: no (42P01)",
          hint: null,
          place: { path: "m/001_a.sql", line: 1, column: 2, sourceLine: null },
          server,
          findings: [],
          exitStatus: 4,
        },
      },
    ]);
    assert.equal(written.stderr, "");
  });

  test("leaves the passwords of URLs out and stays JSON", () => {
    const { json, lines, written } = reporter();
    const told = new MaskedReporter(json);
    told.failure(new Failure("settings", "Cannot use postgres://u:secret@h/d", { hint: "http://a:1,b", findings: [] }));
    told.failure(new Failure("settings", "see http://h:80", { hint: "mail a@b" }));
    assert.doesNotMatch(written.stdout, /secret/);
    assert.deepEqual(
      lines().map(({ message }) => message),
      ["Cannot use postgres://u:***@h/d", "see http://h:80"],
    );
  });

  test("of a bug has a line, and the stack on standard error", () => {
    const { json, lines, written } = reporter();
    json.bug(new TypeError("x"));
    assert.deepEqual(lines(), [{ type: "bug", format: 1, message: "x", exitStatus: 1 }]);
    assert.match(written.stderr, /TypeError: x\n {4}at /);
  });

  test("when quiet has warnings and the result only", () => {
    const { json, lines } = reporter(true);
    const step = { version: "1", name: "1_a", description: "a", direction: "up" as const, script: undefined };
    json.event({ type: "step-started", step, statements: 1 });
    json.event({ type: "statement-finished", step, statement: 1, statements: 1, command: "SELECT", rowCount: 1 });
    json.event({ type: "notice", message: SERVER });
    json.event({ type: "notice", message: { ...SERVER, severity: "WARNING" } });
    json.event({ type: "warning", finding: { rule: "empty", severity: "warning", message: "m" } });
    json.report({ type: "created", paths: ["a"], removed: [] });
    assert.deepEqual(
      lines().map(({ type }) => type),
      ["notice", "warning", "created"],
    );
  });

  test("tells of lost output where it is not lost", () => {
    const { json, written } = reporter();
    json.failure(new Failure("output-lost", "Cannot write the answer: no space left"));
    assert.equal(written.stderr, "Cannot write the answer: no space left\n");
  });
});
