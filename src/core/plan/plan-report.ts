import type { PlannedBackup } from "../backup/backup-report.ts";
import type { FilePlace, Finding } from "../failure/failure.ts";
import type { HookMoment } from "../hooks/hook.ts";
import type { UsedStandIn } from "../stand-ins/used-stand-in.ts";
import type { Blocked } from "../trace/lock-modes.ts";
import type { Work } from "../trace/waits.ts";

/** The steps of `up` on a database now, with their effects. */
export interface PlanReport {
  readonly type: "plan";
  readonly database: string;
  /** The number of migrations that are applied already. */
  readonly alreadyApplied: number;
  /** The migrations in order, then the repeatable migrations in order. */
  readonly steps: readonly PlannedStep[];
  /** True if all steps share one transaction, as --single-transaction says. */
  readonly singleTransaction: boolean;
  readonly hooks: readonly PlannedHook[];
  /** The file that the plan was written to; undefined for none. */
  readonly file: { readonly path: string; readonly validUntil: string } | undefined;
  /** The backup that `up` makes first; undefined for none. */
  readonly backup: PlannedBackup | undefined;
  /** Where the statements were tried; undefined if nothing could be tried. */
  readonly trial: PlannedTrial | undefined;
  /** About other sessions at the moment of the plan: those that `up` would wait for, or that would wait for `up`. */
  readonly sessions: readonly Finding[];
  /** How often pgstep looked at other sessions; 0 where there are none, and if nothing would run. */
  readonly samples: number;
  readonly findings: readonly Finding[];
  /** The number of findings that comments in the files ignore. */
  readonly ignored: number;
  /** The number of findings that the file of known findings forgives. */
  readonly known: number;
}

export interface PlannedStep {
  readonly kind: "migration" | "repeatable";
  /** Empty for a repeatable migration. */
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly path: string;
  /** "statements": one by one, outside a transaction around the file. */
  readonly mode: "transaction" | "statements";
  readonly statements: readonly PlannedStatement[];
  /** How many statements of the file are not listed: a long file's statements without an effect on what exists. */
  readonly unlisted: number;
}

export interface PlannedHook {
  readonly moment: HookMoment;
  /** The path of the file, or the command as messages show it. */
  readonly name: string;
}

/** The database that the statements were tried on. */
export interface PlannedTrial {
  readonly database: string;
  readonly standIns: readonly UsedStandIn[];
  /** The roles that it got because no file creates them. */
  readonly roles: readonly string[];
}

export interface PlannedStatement {
  readonly place: FilePlace;
  /** The start of the statement on one line, as it is written in the file. */
  readonly statement: string;
  /** False for a statement that runs outside any transaction. */
  readonly inTransaction: boolean;
  /** The relations that it locks and that exist before its file. */
  readonly touches: readonly PlannedTouch[];
  /** The effects besides its locks of a statement outside a transaction: "waits for older transactions". */
  readonly outside: string | undefined;
  /** Its work on all rows of relations, or on many. */
  readonly work: PlannedWork | undefined;
  /** How the server would find the rows that it changes or reads; undefined if the server was not asked. */
  readonly rows: ExplainedRows | undefined;
  /** Why the rows are not known: "not known before 009_totals". */
  readonly unknown: string | undefined;
  /** The data that it destroys, in words; empty for none. */
  readonly destroys: readonly string[];
  /** The queries of running clients that fail afterwards, in words; empty for none. */
  readonly breaks: readonly string[];
}

/** A relation that a statement locks, with its size in the database. */
export interface PlannedTouch {
  /** As SQL names it, without the schema public. */
  readonly relation: string;
  /** True if an earlier step of the same plan makes it, so no client uses it yet. */
  readonly isNew: boolean;
  /** The strongest lock that the transaction then holds: "ACCESS EXCLUSIVE". */
  readonly lock: string;
  readonly blocks: Blocked | undefined;
  readonly rewritten: boolean;
  readonly scanned: boolean;
  /** The planner's estimate; undefined if it is not known. */
  readonly rows: number | undefined;
  /** With indexes; undefined if it is not known. */
  readonly bytes: number | undefined;
}

/** The work of a statement, estimated from the sizes in the database. */
export interface PlannedWork {
  readonly kind: Work["kind"];
  readonly relations: readonly string[];
  readonly rows: number | undefined;
  /** The bytes that are read or written; undefined if the sizes are not known. */
  readonly bytes: number | undefined;
  /** The additional disk space that it needs while it runs; undefined if it is not known. */
  readonly diskBytes: number | undefined;
  /** Whole milliseconds; undefined if the sizes are not known. */
  readonly durationMs: number | undefined;
}

/** What EXPLAIN says of a statement, without running it. */
export interface ExplainedRows {
  /** The rows that it changes or returns, as the planner estimates. */
  readonly rows: number;
  /** The reads of tables, in the order of the plan: "Seq Scan on orders". */
  readonly scans: readonly string[];
}
