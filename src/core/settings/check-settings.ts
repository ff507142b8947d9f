import { FAIL_ON } from "../findings/levels.ts";
import { choice, path, text } from "./kinds.ts";
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
} as const satisfies Readonly<Record<string, Setting>>;
