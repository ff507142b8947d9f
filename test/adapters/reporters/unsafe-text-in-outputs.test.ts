import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { Reporter } from "../../../src/ports/reporter.ts";
import { EVENTS, sampleReports, withTexts } from "../../support/all-reports.ts";
import { type Look, outputsOf } from "../../support/outputs.ts";

/* What others may have written, in every text that pgstep is told, against everything that it writes. */

/** Each with how a text shows it, where it is spelled out. */
const SEQUENCES: Readonly<Record<string, readonly [unsafe: string, shown: string]>> = {
  "a bell": ["\x07", "\\x07"],
  "a null": ["\0", "\\x00"],
  "a backspace": ["\b", "\\x08"],
  "a carriage return": ["\r", "\\x0d"],
  "a form feed": ["\f", "\\x0c"],
  "an escape sequence": ["\x1b[2J", "\\x1b[2J"],
  "a title of the terminal": ["\x1b]0;x\x07", "\\x1b]0;x\\x07"],
  "a link of the terminal": ["\x1b]8;;http://x\x1b\\", "\\x1b]8;;http://x\\x1b\\"],
  delete: ["\x7f", "\\x7f"],
  "a CSI of C1": ["\x9b31m", "\\x9b31m"],
  "a next line of C1": ["\x85", "\\x85"],
  "an OSC of C1": ["\x9d0;x\x9c", "\\x9d0;x\\x9c"],
  "an Arabic letter mark": ["\u061c", "\\u061c"],
  "a left-to-right mark": ["\u200e", "\\u200e"],
  "a right-to-left override": ["\u202e", "\\u202e"],
  "a right-to-left isolate": ["\u2067", "\\u2067"],
  "a line separator": ["\u2028", "\\u2028"],
  "a paragraph separator": ["\u2029", "\\u2029"],
  "a zero width space": ["\u200b", "\\u200b"],
  "a byte order mark": ["\ufeff", "\\ufeff"],
  "an annotation anchor": ["\ufff9", "\\ufff9"],
  "no character": ["\uffff", "\\uffff"],
  "a tag": ["\u{e0041}", "\\u{e0041}"],
};

/** Commands to a CI service, as a line of their own. */
const COMMANDS = [
  "::add-mask::x",
  "  ::error file=x::y",
  "\u3000::stop-commands::x",
  "##[group]x",
  "a ##[error]x",
  "##vso[task.setvariable variable=x]y",
  "##teamcity[message text='x']",
];

const UNSAFE =
  /[^\P{Cc}\n]|[\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/u;

const LOOKS: Readonly<Record<string, Look>> = {
  terminal: { format: "human", isTerminal: true, variables: { TERM: "dumb" } },
  text: { format: "human" },
  "text in a CI service": { format: "human", variables: { CI: "true" } },
  "log file": { format: "human", logFile: true },
  json: { format: "json", logFile: true },
  sarif: { format: "sarif" },
  gitlab: { format: "gitlab" },
  junit: { format: "junit" },
  "github annotations and summary": { format: "github" },
};

function tellEverything(reporter: Reporter, text: string): void {
  const told = (one: string) => `${one} <${text}>`;
  for (const event of Object.values(EVENTS)) reporter.event(withTexts(event, told));
  for (const report of Object.values(withTexts(sampleReports(), told))) reporter.report(report);
  const server = { severity: text, code: text, message: text, detail: text, hint: text, where: text };
  const place = { path: text, line: 1, column: 1, sourceLine: text };
  reporter.failure(
    new Failure("statement-failed", text, { hint: text, place, server: { ...server, internalQuery: text } }),
  );
  reporter.failure(new Failure("output-lost", text));
  reporter.bug(new Error(text));
}

/** Every text in JSON, keys too. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [name, ...textsOf(one)]);
}

describe("what others wrote reaches no reader as it is", () => {
  for (const [name, look] of Object.entries(LOOKS)) {
    for (const [what, [unsafe, shown]] of Object.entries(SEQUENCES)) {
      test(`${name}: ${what}`, () => {
        const outputs = outputsOf(look, (reporter) => tellEverything(reporter, unsafe));
        const written = Object.values(outputs).join("");
        const found = UNSAFE.exec(written);
        assert.equal(found, null, JSON.stringify(written.slice(Math.max(0, (found?.index ?? 0) - 80), found?.index)));
        if (name === "json") {
          const lines = outputs.stdout
            .trimEnd()
            .split("\n")
            .flatMap((line) => textsOf(JSON.parse(line)));
          assert.ok(
            lines.some((text) => text === unsafe),
            "reads back as it was",
          );
        } else if (name === "sarif" || name === "gitlab") {
          assert.ok(textsOf(JSON.parse(outputs.stdout)).some((text) => text.includes(`<${unsafe}>`)));
        } else {
          const escaped = name === "junit" ? shown.replaceAll("&", "&amp;") : shown;
          assert.ok(written.includes(escaped), written.slice(0, 500));
        }
      });
    }
  }
});

describe("what others wrote is no command to a CI service", () => {
  const services: readonly Look[] = [
    { format: "github" },
    { format: "human", variables: { GITHUB_ACTIONS: "true" } },
    { format: "human", variables: { TF_BUILD: "True" } },
    { format: "json", variables: { CI: "1" } },
    ...(["sarif", "gitlab", "junit"] as const).map((format) => ({ format, variables: { CI: "1" } })),
  ];
  for (const look of services) {
    for (const command of COMMANDS) {
      test(`${look.format} with ${Object.keys(look.variables ?? {}).join() || "no variable"}: ${command}`, () => {
        const text = `first\n${command}\nlast`;
        const { stdout, stderr } = outputsOf(look, (reporter) => tellEverything(reporter, text));
        // pgstep's own are about a finding.
        const lines = `${stdout}\n${stderr}`
          .split("\n")
          .filter((line) => !/^::(?:error|warning) [^:]*title=pgstep%3A [\w-]+::/.test(line));
        for (const line of lines) {
          assert.doesNotMatch(line, /^\s*::/, line);
          assert.doesNotMatch(line, /##(?:\[|vso\[|teamcity\[)/, line);
        }
        for (const line of stderr.split("\n")) assert.doesNotMatch(line, /^::.*##\[/);
      });
    }
  }
});
