import type { Position } from "../text/position.ts";
import { type CheckRuleId, RULES, type RuleId, type RuleOf, type Severity } from "./rules.ts";

/**
 * Every expected failure: its exit status and its meaning.
 * Exit statuses: 2 could not start, 3 refused or found errors, 4 failed after the first write, 126 / 127 the program
 * after -- did not start, 130 / 143 interrupted.
 */
export const FAILURES = {
  usage: { exitStatus: 2, meaning: "The command line is wrong." },
  settings: { exitStatus: 2, meaning: "A setting is missing, malformed or contradicts another." },
  "directory-unreadable": { exitStatus: 2, meaning: "The migrations directory is missing or cannot be read." },
  "file-exists": { exitStatus: 2, meaning: "The file already exists, and pgstep does not overwrite it." },
  "file-unwritable": { exitStatus: 2, meaning: "A file could not be written or removed." },
  "connection-failed": { exitStatus: 2, meaning: "The server could not be reached." },
  "authentication-failed": { exitStatus: 2, meaning: "The server refused the user, the password or the database." },
  "database-in-use": { exitStatus: 2, meaning: "Another process has the embedded database open." },
  "privilege-missing": { exitStatus: 2, meaning: "The role lacks a privilege, or the database is read-only." },
  "read-only-mode": { exitStatus: 2, meaning: "The command changes a database, and pgstep runs in read-only mode." },
  "runtime-unsupported": {
    exitStatus: 2,
    meaning: "This runtime lacks a feature or a permission that the command needs.",
  },
  "files-unsound": { exitStatus: 3, meaning: "Migration files have errors; nothing was sent to the database." },
  "history-foreign": { exitStatus: 3, meaning: "The history table belongs to another tool or has another shape." },
  "history-conflict": { exitStatus: 3, meaning: "Files and history disagree: changed, missing or out of order." },
  "version-unknown": {
    exitStatus: 3,
    meaning: "The given version is neither among the files nor in the history.",
  },
  "migrations-pending": { exitStatus: 3, meaning: "Migrations are pending, and the command needs them applied." },
  drifted: { exitStatus: 3, meaning: "The schema is not as the applied migrations make it; nothing was changed." },
  "no-way-back": { exitStatus: 3, meaning: "A migration to be undone has no down script." },
  "nothing-in-doubt": {
    exitStatus: 3,
    meaning: "No statement of the migration has an unknown outcome, or the history already records it.",
  },
  "baseline-refused": { exitStatus: 3, meaning: "The database already has a history." },
  "database-not-empty": {
    exitStatus: 3,
    meaning: "The database has no history yet, but has tables that the migrations create, or another history.",
  },
  protected: { exitStatus: 3, meaning: "The database is protected from commands that delete or undo much of it." },
  "reset-refused": { exitStatus: 3, meaning: "The role may not drop some objects in the database." },
  "reset-unfinished": { exitStatus: 3, meaning: "A reset started and did not finish." },
  "too-large": { exitStatus: 3, meaning: "One transaction would need more locks than the server can hold." },
  "shadow-not-empty": { exitStatus: 3, meaning: "The shadow database is not empty." },
  "shadow-in-use": { exitStatus: 3, meaning: "Another process uses the shadow database, or the database is one." },
  declined: { exitStatus: 3, meaning: "The user declined the confirmation; nothing was changed." },
  "consent-missing": { exitStatus: 3, meaning: "The command deletes data and was not confirmed." },
  "backup-failed": { exitStatus: 3, meaning: "A backup could not be made or verified; nothing was changed." },
  "backup-unusable": { exitStatus: 3, meaning: "A backup is damaged, or belongs to another database." },
  "dump-failed": { exitStatus: 3, meaning: "pg_dump could not write the schema; nothing was changed." },
  "diff-incomplete": { exitStatus: 3, meaning: "Statements for a part of the difference could not be found." },
  "diff-loses-data": { exitStatus: 3, meaning: "The migration would delete data, and that was not allowed." },
  "plan-unusable": { exitStatus: 3, meaning: "The file is no plan, or a plan that was edited." },
  "plan-newer": { exitStatus: 3, meaning: "A newer pgstep made the plan." },
  "plan-of-other-database": { exitStatus: 3, meaning: "The plan is for another database." },
  "plan-expired": { exitStatus: 3, meaning: "The plan is no longer valid." },
  "plan-outdated": {
    exitStatus: 3,
    meaning: "Files, history, settings or tables have changed since the plan was made.",
  },
  "plan-not-scriptable": { exitStatus: 3, meaning: "A script for psql could not do what the run does." },
  "lock-held": { exitStatus: 3, meaning: "Another run holds the migration lock." },
  "program-not-found": {
    exitStatus: 127,
    meaning: "The program after -- was not found; pgstep's own work is done.",
  },
  "program-not-started": {
    exitStatus: 126,
    meaning: "The program after -- could not be started; pgstep's own work is done.",
  },
  "output-lost": { exitStatus: 2, meaning: "The output could not be written; the command's work is done." },
  "in-doubt": {
    exitStatus: 4,
    meaning: "The outcome of a statement is unknown, or a resumed file needs something from a session that has ended.",
  },
  "transaction-ended": {
    exitStatus: 4,
    meaning: "A file ended the transaction that pgstep ran it in; part of the file may be committed.",
  },
  "statement-failed": { exitStatus: 4, meaning: "A statement failed on the server." },
  "dump-after-run-failed": { exitStatus: 4, meaning: "The run succeeded, but its schema file could not be written." },
  "hook-failed": { exitStatus: 4, meaning: "A hook failed; what was committed before it stays." },
  "connection-lost": { exitStatus: 4, meaning: "The connection ended during the run." },
  interrupted: { exitStatus: 130, meaning: "The run was interrupted and rolled back." },
  terminated: { exitStatus: 143, meaning: "The run was terminated and rolled back." },
} as const satisfies Record<string, { exitStatus: number; meaning: string }>;

export type FailureCode = keyof typeof FAILURES;

/** The place of a failure or finding: a file as the user names it, and the position if known. */
export interface FilePlace extends Partial<Position> {
  readonly path: string;
  /** The whole line without its line end, shown with a caret. */
  readonly sourceLine?: string;
  /** The part of the statement on earlier lines, where a secret may begin. Never shown. */
  readonly sourceBefore?: string;
}

/** An error or notice of the server, its fields under PostgreSQL's names (protocol-error-fields). */
export interface ServerMessage {
  readonly severity: string;
  /** SQLSTATE, five characters. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** CONTEXT, one call a line. */
  readonly where?: string;
  /** 1-based, in code points of the text that was sent. */
  readonly position?: number;
  /** A statement generated inside the server (a function body), which `internalPosition` refers to. */
  readonly internalQuery?: string;
  readonly internalPosition?: number;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  /** The function in the server's source that raised it; unlike the message, never translated. */
  readonly routine?: string;
}

/** An error or warning found by checking files and history. */
export interface Finding {
  /** A stable name, e.g. "duplicate-version"; the failure's code if the whole command fails. */
  readonly rule: RuleId | CheckRuleId | FailureCode;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  /** The end of what it is about, after its last character; the place is the start. */
  readonly end?: Position;
  /** Of a rule of `check`: what happens in production. */
  readonly why?: string;
  /** Of a rule of `check`: the safe or better way, as SQL. */
  readonly recipe?: string;
  readonly place?: FilePlace;
}

/** A finding of a rule whose severity does not vary. */
export function finding(rule: RuleOf, { message, hint, place }: FindingWords): Finding {
  return {
    rule,
    severity: RULES[rule],
    message,
    ...(hint !== undefined && { hint }),
    ...(place && { place }),
  };
}

/** The fields that findings and failures share. */
interface FindingWords {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly place?: FilePlace | undefined;
}

export interface FailureDetails {
  readonly hint?: string;
  readonly place?: FilePlace;
  readonly server?: ServerMessage;
  /** All errors of one check together. */
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

/** An expected failure. Its message reads `Cannot <verb> <object>: <reason>` and never contains a password. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly hint: string | undefined;
  readonly place: FilePlace | undefined;
  readonly server: ServerMessage | undefined;
  readonly findings: readonly Finding[];

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.place = details.place;
    this.server = details.server;
    this.findings = details.findings ?? [];
  }

  /** The same failure with another hint. */
  withHint(hint: string): Failure {
    const { code, message, place, server, findings } = this;
    return new Failure(code, message, {
      hint,
      findings,
      cause: this,
      ...(place && { place }),
      ...(server && { server }),
    });
  }

  /** The exit status of the process. */
  get exitStatus(): number {
    return FAILURES[this.code].exitStatus;
  }
}

/** The failure for an invalid command line. */
export function usage(message: string, hint: string): Failure {
  return new Failure("usage", message, { hint });
}

/** The failure for a run that the user stopped. */
export function interruption(signal: AbortSignal, what: string, hint: string, place?: FilePlace): Failure {
  const code = signal.reason === "terminate" ? "terminated" : "interrupted";
  return new Failure(code, `${what}: ${code}`, { hint, ...(place && { place }) });
}
