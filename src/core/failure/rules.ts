/**
 * Every rule of pgstep, in the order of docs/rules.md, with the severity of its findings: "varies" if it depends on the
 * case. The words are in build/docs/rule-words.ts.
 */
export const RULES = {
  "bad-name": "error",
  "duplicate-version": "error",
  "down-without-up": "error",
  "not-a-file": "error",
  unreadable: "varies",
  "not-utf8": "error",
  gap: "warning",
  "no-migrations": "warning",
  "other-layout": "error",
  "mixed-layout": "error",
  "ignored-file": "warning",
  "incomplete-migration": "error",
  "other-order": "error",
  "not-sql": "varies",
  "baseline-migration": "warning",
  marker: "error",
  "hidden-marker": "error",
  "not-exportable": "varies",
  "no-environment": "warning",
  header: "error",
  "header-name": "error",
  "header-environment": "error",
  "hook-name": "warning",
  "other-tool": "error",
  "unterminated-quote": "error",
  "unterminated-identifier": "error",
  "unterminated-dollar-quote": "error",
  "unterminated-comment": "error",
  "unterminated-parenthesis": "error",
  "unterminated-body": "error",
  "unterminated-copy": "error",
  "copy-line-shared": "error",
  "copy-binary": "error",
  "psql-command": "error",
  "transaction-control": "error",
  "discard-all": "error",
  "client-encoding": "error",
  "nul-character": "error",
  placeholder: "error",
  syntax: "varies",
  "not-in-transaction": "error",
  "seed-transaction": "error",
  empty: "varies",
  changed: "error",
  missing: "varies",
  "out-of-order": "error",
  unfinished: "error",
  "repeatable-waiting": "warning",
  "repeatable-missing": "warning",
  "seed-changed": "warning",
  pinned: "error",
  "other-history": "varies",
  "relation-exists": "varies",
  "other-tables": "warning",
  "version-taken": "error",
  "below-base": "warning",
  "merge-fails": "varies",
  "merge-differs": "warning",
  replay: "error",
  "plan-untried": "error",
  "plan-inexact": "varies",
  "plan-difference": "error",
  "not-reversible": "varies",
  "down-untested": "warning",
  "bad-ignore": "warning",
  "unused-ignore": "warning",
  "shadow-left": "warning",
  "hook-unfinished": "warning",
  "hook-failed": "warning",
  "commit-unconfirmed": "warning",
  "not-given-back": "warning",
  "not-droppable": "error",
  "backup-incomplete": "warning",
  "backup-skipped": "warning",
  "restore-incomplete": "warning",
  "dump-incomplete": "warning",
  drift: "error",
  "drift-inexact": "warning",
  "backup-unfinished": "warning",
  "md5-login": "warning",
  "embedded-locks": "warning",
  setting: "error",
  "unknown-variable": "warning",
  "project-file-ignored": "warning",
  "log-outside": "warning",
  "log-lost": "warning",
  bug: "error",
} as const satisfies Record<string, Severity | "varies">;

/** An error blocks; a warning does not. Only the settings of `check` make a finding a note. */
export type Severity = "error" | "warning" | "note";

export type RuleId = keyof typeof RULES;

declare const CHECK_RULE: unique symbol;

/** The id of a rule of `check`, which core/check lists. */
export type CheckRuleId = string & { readonly [CHECK_RULE]: true };

/** The rules whose findings always have a severity of `Always`. */
export type RuleOf<Always extends Severity = Severity> = {
  [Id in RuleId]: (typeof RULES)[Id] extends Always ? Id : never;
}[RuleId];
