import type { RuleId } from "../../src/core/failure/rules.ts";
import { FILE_RULES } from "./file-rule-words.ts";
import type { WordsOf } from "./rule-text.ts";
import { RUN_RULES } from "./run-rule-words.ts";

/** The sections of the page, by the first rule of each. */
export const SECTIONS: Readonly<Partial<Record<RuleId, string>>> = {
  "bad-name": "Files and their names",
  "other-tool": "Statements",
  changed: "History",
  "other-history": "Around a run",
};

/** Neighbouring rules with the same words share a row. */
export const RULE_WORDS: { readonly [Id in RuleId]: WordsOf<Id> } = { ...FILE_RULES, ...RUN_RULES };
