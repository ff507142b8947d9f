/**
 * Every rule by which pgstep finds something, in the order of docs/rules.md, and the severity of its findings: "varies"
 * where the case decides. build/docs/rules.ts has the words.
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
  replay: "error",
  "not-reversible": "varies",
  "hook-unfinished": "warning",
  "hook-failed": "warning",
  "commit-unconfirmed": "warning",
  "not-given-back": "warning",
  "not-droppable": "error",
  "backup-incomplete": "warning",
  "backup-unfinished": "warning",
  "md5-login": "warning",
  "embedded-locks": "warning",
  setting: "error",
  "project-file-ignored": "warning",
  "log-outside": "warning",
  "log-lost": "warning",
  bug: "error",
} as const satisfies Record<string, Severity | "varies">;

/** An error stops what it was found in; a warning does not. */
export type Severity = "error" | "warning";

export type RuleId = keyof typeof RULES;

/** The rules whose findings always have one severity, or this one. */
export type RuleOf<Always extends Severity = Severity> = {
  [Id in RuleId]: (typeof RULES)[Id] extends Always ? Id : never;
}[RuleId];
