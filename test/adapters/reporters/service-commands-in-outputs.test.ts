import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FINDING_FORMATS } from "../../../src/core/command-line/output-format.ts";
import { tellEverything } from "../../support/all-reports.ts";
import { type Look, outputsOf } from "../../support/outputs.ts";

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

describe("what others wrote is no command to a CI service", () => {
  const services: readonly Look[] = [
    { format: "github" },
    { format: "human", variables: { GITHUB_ACTIONS: "true" } },
    { format: "human", variables: { TF_BUILD: "True" } },
    { format: "json", variables: { CI: "1" } },
    ...FINDING_FORMATS.map((format) => ({ format, variables: { CI: "1" } })),
  ];
  for (const look of services) {
    for (const command of COMMANDS) {
      test(`${look.format} with ${Object.keys(look.variables ?? {}).join() || "no variable"}: ${command}`, () => {
        const text = `first\n${command}\nlast`;
        const { stdout, stderr } = outputsOf(look, (reporter) =>
          tellEverything(reporter, (one) => `${one} <${text}>`, text),
        );
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
