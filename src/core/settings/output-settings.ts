import { FORMATS } from "../command-line/output-format.ts";
import { choice, onOrOff, path } from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** The output settings: rows of the table of settings. */
export const OUTPUT_SETTINGS = {
  format: {
    kind: choice("format", FORMATS),
    flag: "format",
    variables: ["PGSTEP_FORMAT"],
    key: "format",
    ofProgram: true,
    default: "human",
    summary: "output format",
    note: "gitlab, junit, markdown and sarif are for check, plan, validate and drift",
    shorthands: [
      { flag: "json", value: "json", summary: "one JSON object per line on standard output, the result last" },
    ],
    signals: [{ variable: "GITHUB_ACTIONS", value: (text) => (text === "true" ? "github" : undefined) }],
    everywhere: true,
  },
  quiet: {
    kind: onOrOff,
    flag: "quiet",
    variables: ["PGSTEP_QUIET"],
    key: "quiet",
    ofProgram: true,
    default: "false",
    summary: "errors and warnings only",
    everywhere: true,
  },
  verbose: {
    kind: onOrOff,
    flag: "verbose",
    variables: ["PGSTEP_VERBOSE"],
    key: "verbose",
    ofProgram: true,
    default: "false",
    summary: "show more: every statement with its line, rows and time",
    everywhere: true,
  },
  color: {
    kind: choice("when", ["auto", "always", "never"]),
    flag: "color",
    variables: ["PGSTEP_COLOR"],
    key: "color",
    ofProgram: true,
    default: "auto",
    summary: "when to use colours",
    shorthands: [{ flag: "no-color", value: "never", summary: "no colours" }],
    signals: [
      // FORCE_COLOR is the stronger one, as in Node.
      { variable: "FORCE_COLOR", value: (text) => (text === "0" || text === "false" ? "never" : "always") },
      { variable: "NO_COLOR", value: () => "never" },
      { variable: "CLICOLOR_FORCE", value: (text) => (text === "0" ? undefined : "always") },
      { variable: "CLICOLOR", value: (text) => (text === "0" ? "never" : undefined) },
    ],
    everywhere: true,
  },
  ascii: {
    kind: onOrOff,
    flag: "ascii",
    variables: ["PGSTEP_ASCII"],
    key: "ascii",
    ofProgram: true,
    default: "false",
    summary: "use only ASCII in pgstep's own output",
    everywhere: true,
  },
  logFile: {
    kind: path("file"),
    flag: "log-file",
    variables: ["PGSTEP_LOG_FILE"],
    key: "logFile",
    ofProgram: true,
    summary: "a file that also receives all output",
    everywhere: true,
  },
} as const satisfies Readonly<Record<string, Setting>>;
