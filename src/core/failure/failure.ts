import type { Position } from "../text/position.ts";
import { RULES, type RuleId, type RuleOf, type Severity } from "./rules.ts";

/**
 * Every failure pgstep reports on purpose: its exit status and what it means.
 * Exit statuses: 2 could not start, 3 refused or found something, 4 failed after the first write, 126 / 127 the program
 * behind -- did not start, 130 / 143 interrupted.
 */
export const FAILURES = {
  usage: { exitStatus: 2, meaning: "The command line is wrong." },
  settings: { exitStatus: 2, meaning: "A setting is missing, malformed or contradicts another." },
  "directory-unreadable": { exitStatus: 2, meaning: "The migrations directory is missing or cannot be read." },
  "file-exists": { exitStatus: 2, meaning: "A file would have to be overwritten." },
  "file-unwritable": { exitStatus: 2, meaning: "A file could not be written or removed." },
  "connection-failed": { exitStatus: 2, meaning: "The server could not be reached." },
  "authentication-failed": { exitStatus: 2, meaning: "The server refused the user, the password or the database." },
  "database-in-use": { exitStatus: 2, meaning: "Another process has the embedded database open." },
  "privilege-missing": { exitStatus: 2, meaning: "The role may not do what is needed, or the database is read-only." },
  "runtime-unsupported": {
    exitStatus: 2,
    meaning: "This runtime lacks a part or a permission that the command needs.",
  },
  "files-unsound": { exitStatus: 3, meaning: "Migration files have faults; nothing was sent to the database." },
  "history-foreign": { exitStatus: 3, meaning: "The history table belongs to another tool or has another shape." },
  "history-conflict": { exitStatus: 3, meaning: "Files and history disagree: changed, missing or out of order." },
  "version-unknown": {
    exitStatus: 3,
    meaning: "A version that was named is neither among the files nor in the history.",
  },
  "migrations-pending": { exitStatus: 3, meaning: "Migrations are pending, and what was asked for needs them." },
  "no-way-back": { exitStatus: 3, meaning: "A migration to be undone has no down script." },
  "nothing-in-doubt": {
    exitStatus: 3,
    meaning: "No statement of the migration is in doubt, or the history says already what was to be recorded.",
  },
  "baseline-refused": { exitStatus: 3, meaning: "The database already has a history." },
  "database-not-empty": {
    exitStatus: 3,
    meaning: "The database has no history yet, and tables that the migrations create or another history.",
  },
  protected: { exitStatus: 3, meaning: "The database is protected from what would delete or undo much of it." },
  "reset-refused": { exitStatus: 3, meaning: "Something in the database may not be dropped by this role." },
  "reset-unfinished": { exitStatus: 3, meaning: "A reset was begun and not finished." },
  "too-large": { exitStatus: 3, meaning: "One transaction would need more locks than the server can hold." },
  "shadow-not-empty": { exitStatus: 3, meaning: "The shadow database holds something; only an empty one is used." },
  declined: { exitStatus: 3, meaning: "Somebody was asked and did not agree; nothing was changed." },
  "consent-missing": { exitStatus: 3, meaning: "The command deletes data and was not given its consent." },
  "backup-failed": { exitStatus: 3, meaning: "A backup could not be made or verified; nothing was changed." },
  "backup-unusable": { exitStatus: 3, meaning: "A backup is damaged, or is of another database." },
  "lock-held": { exitStatus: 3, meaning: "Another run holds the migration lock." },
  "program-not-found": {
    exitStatus: 127,
    meaning: "The program behind -- was not found; what was to be done is done.",
  },
  "program-not-started": {
    exitStatus: 126,
    meaning: "The program behind -- could not be started; what was to be done is done.",
  },
  "output-lost": { exitStatus: 2, meaning: "The answer could not be written out; what was done is done." },
  "in-doubt": {
    exitStatus: 4,
    meaning:
      "It is not known whether a statement took effect, or a file that is resumed needs something of a session that has ended.",
  },
  "transaction-ended": {
    exitStatus: 4,
    meaning: "A file ended the transaction that pgstep ran it in; a part of it may be committed.",
  },
  "statement-failed": { exitStatus: 4, meaning: "The server refused a statement." },
  "hook-failed": { exitStatus: 4, meaning: "A hook of the user's own failed; what was done before it is done." },
  "connection-lost": { exitStatus: 4, meaning: "The connection ended during the run." },
  interrupted: { exitStatus: 130, meaning: "The run was interrupted and rolled back." },
  terminated: { exitStatus: 143, meaning: "The run was terminated and rolled back." },
} as const satisfies Record<string, { exitStatus: number; meaning: string }>;

export type FailureCode = keyof typeof FAILURES;

/** Where a failure or finding is: a file as the user names it, and the place in it where known. */
export interface FilePlace extends Partial<Position> {
  readonly path: string;
  /** The whole text of that line, without its line end, to be shown with a caret. */
  readonly sourceLine?: string;
  /** What of the statement stands on the lines before it: a secret may begin there. Never shown. */
  readonly sourceBefore?: string;
}

/** What the server said of an error, its fields under PostgreSQL's own names (protocol-error-fields). */
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
  /** Statement generated inside the server (a function body) that `internalPosition` refers to. */
  readonly internalQuery?: string;
  readonly internalPosition?: number;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  /** The function of the server's source that said it: unlike the message, in no language. */
  readonly routine?: string;
}

/** One fault or remark found by looking at files and history, without running anything. */
export interface Finding {
  /** A name that stays the same, e.g. "duplicate-version"; a failure's code where the whole command fails. */
  readonly rule: RuleId | FailureCode;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly place?: FilePlace;
}

/** A finding of a rule that always has the same severity. */
export function finding(rule: RuleOf, { message, hint, place }: FindingWords): Finding {
  return {
    rule,
    severity: RULES[rule],
    message,
    ...(hint !== undefined && { hint }),
    ...(place && { place }),
  };
}

/** A failure has these too. */
interface FindingWords {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly place?: FilePlace | undefined;
}

export interface FailureDetails {
  readonly hint?: string;
  readonly place?: FilePlace;
  readonly server?: ServerMessage;
  /** All faults of a pass together. */
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

/** An expected failure. Its message reads `Cannot <verb> <object>: <what is the case>`; passwords never appear in it. */
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

  /** The same with another hint. */
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

  /** What the process should exit with. */
  get exitStatus(): number {
    return FAILURES[this.code].exitStatus;
  }
}

/** The failure of a command line that cannot be meant as it stands. */
export function usage(message: string, hint: string): Failure {
  return new Failure("usage", message, { hint });
}

/** The failure for what the user stopped. */
export function interruption(signal: AbortSignal, what: string, hint: string, place?: FilePlace): Failure {
  const code = signal.reason === "terminate" ? "terminated" : "interrupted";
  return new Failure(code, `${what}: ${code}`, { hint, ...(place && { place }) });
}
