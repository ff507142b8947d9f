import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VOCABULARY } from "../../../src/commands/index.ts";
import { FORMATS } from "../../../src/core/command-line/output-format.ts";
import { Failure, type Finding } from "../../../src/core/failure/failure.ts";
import { HintCommands } from "../../../src/core/hints/hint-commands.ts";
import type { Reporter } from "../../../src/ports/reporter.ts";
import { EVENTS, sampleReports } from "../../support/all-reports.ts";
import { outputsOf } from "../../support/outputs.ts";

const HINT = "Run pgstep up first.";
const TYPED = "npx pgstep up --env test";
const NAMES = VOCABULARY.commands.map(({ name }) => name).join("|");
const AS_WRITTEN = new RegExp(`(?<!npx )\\bpgstep (?:${NAMES})\\b`);
/** Headings with the name of the command whose result follows. */
const HEADING = /^### pgstep [a-z]+|<testsuite name="pgstep [a-z]+"/;

/** The same with a command in each hint, but for those of a server. */
function withCommand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withCommand);
  if (value instanceof Failure) {
    const { code, message, place, server, findings } = value;
    const details = { ...(place && { place }), ...(server && { server }) };
    return new Failure(code, message, { ...details, hint: HINT, findings: withCommand(findings) as Finding[] });
  }
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withCommand(one)]));
  return "rule" in value || "topic" in value ? { ...fields, hint: HINT } : fields;
}

const tellings: readonly (readonly [name: string, tell: (reporter: Reporter) => void])[] = [
  ...Object.values(EVENTS).map(
    (event) => [event.type, (reporter: Reporter) => reporter.event(withCommand(event) as typeof event)] as const,
  ),
  ...Object.values(sampleReports()).map(
    (report) => [report.type, (reporter: Reporter) => reporter.report(withCommand(report) as typeof report)] as const,
  ),
  [
    "no migrations",
    (reporter) =>
      reporter.report({ ...sampleReports().status, entries: [], applied: 0, pending: 0, resetUnfinished: false }),
  ],
  ["bug", (reporter) => reporter.bug(new Error("made up"))],
];

describe("commands in what is told", () => {
  for (const format of FORMATS) {
    test(`are those that can be typed, in the format ${format}`, () => {
      const program = { words: "npx pgstep", given: new Set<string>() };
      let typed = 0;
      for (const isTerminal of [false, true]) {
        for (const [name, tell] of tellings) {
          const commands = new HintCommands(VOCABULARY, () => program, new Map([["env", "test"]]));
          const outputs = outputsOf({ format, isTerminal, logFile: true, commands }, tell);
          for (const output of ["stdout", "stderr", "summary", "log"] as const) {
            const text = outputs[output];
            const lines = text.split("\n").filter((line) => !HEADING.test(line));
            const wrong = lines.find((line) => AS_WRITTEN.test(line));
            assert.equal(wrong, undefined, `${name} in ${output}: ${wrong}`);
            if (text.includes(TYPED)) typed++;
          }
        }
      }
      assert.ok(typed > 10, `${typed} outputs have the command`);
    });
  }

  test("of a server's own hints are left as the server said them", () => {
    const program = { words: "npx pgstep", given: new Set<string>() };
    const commands = new HintCommands(VOCABULARY, () => program, new Map());
    const server = { severity: "ERROR", code: "XX000", message: "no", hint: HINT };
    const failure = new Failure("statement-failed", "Cannot apply 001: no", { server, hint: HINT });
    const { stderr } = outputsOf({ format: "human", commands }, (reporter) => reporter.failure(failure));
    assert.match(stderr, /HINT: Run pgstep up first\.\nhelp: Run npx pgstep up first\./);
  });
});
