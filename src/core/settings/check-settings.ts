import { FAIL_ON, PRESETS } from "../findings/levels.ts";
import { choice, path, size, text } from "./kinds.ts";
import { ruleLevels } from "./rule-levels-kind.ts";
import type { Setting } from "./setting.ts";

/** The settings of `check`: rows of the table of settings. */
export const CHECK_SETTINGS = {
  base: {
    kind: text("ref"),
    flag: "base",
    variables: ["PGSTEP_BASE"],
    key: "base",
    ofProgram: true,
    summary: "the git branch or commit whose migrations check skips; default: the default branch of origin",
  },
  preset: {
    kind: choice("name", PRESETS),
    flag: "preset",
    variables: ["PGSTEP_PRESET"],
    key: "preset",
    ofProgram: true,
    default: "safety",
    summary: "the rules of check that count; strict adds rules of style that most teams want",
  },
  rules: {
    kind: ruleLevels,
    flag: "rules",
    variables: ["PGSTEP_RULES"],
    key: "rules",
    ofProgram: true,
    summary: "severities of the rules of check, or of the groups safety and style: error, warning, note or off",
  },
  failOn: {
    kind: choice("severity", FAIL_ON),
    flag: "fail-on",
    variables: ["PGSTEP_FAIL_ON"],
    key: "failOn",
    ofProgram: true,
    default: "error",
    summary: "the lowest severity that makes check fail",
  },
  knownFindings: {
    kind: path("file"),
    flag: "known-findings",
    variables: ["PGSTEP_KNOWN_FINDINGS"],
    key: "knownFindings",
    ofProgram: true,
    summary: "a file of findings that check forgives; --update-known-findings writes it",
  },
  stats: {
    kind: path("file"),
    flag: "stats",
    variables: ["PGSTEP_STATS"],
    key: "stats",
    ofProgram: true,
    summary: "the file of table sizes that stats writes and check reads; default: stats.json next to the migrations",
  },
  smallTable: {
    kind: size,
    flag: "small-table",
    variables: ["PGSTEP_SMALL_TABLE"],
    key: "smallTable",
    ofProgram: true,
    default: "10MB",
    summary: "the size of tables below which slow statements are only notes of check; 0 for none",
  },
} as const satisfies Readonly<Record<string, Setting>>;
