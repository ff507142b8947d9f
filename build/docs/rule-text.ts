import type { RULES, RuleId } from "../../src/core/failure/rules.ts";

/** The text of docs/rules.md about a rule, in Markdown. */
interface RuleWords {
  readonly meaning: string;
  readonly remedy: string;
}

/** If the case decides the severity, `severity` says how. */
export type WordsOf<Id extends RuleId> = (typeof RULES)[Id] extends "varies"
  ? RuleWords & { readonly severity: string }
  : RuleWords & { readonly severity?: never };

/** The words of some rules. */
export type SomeWords = { readonly [Id in RuleId]?: WordsOf<Id> };
