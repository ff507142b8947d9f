import type { CheckRule } from "../check/rule.ts";
import type { FilePlace, Finding } from "../failure/failure.ts";
import type { Level, Preset } from "../findings/levels.ts";
import type { UsedStandIn } from "../stand-ins/used-stand-in.ts";
import type { Blocked } from "../trace/lock-modes.ts";
import type { SyntaxCheck } from "./syntax-check.ts";

/** The end of check. */
export interface CheckReport {
  readonly type: "check";
  /** The database whose history the files were compared with; undefined for none. */
  readonly database: string | undefined;
  readonly migrations: number;
  /** Which files were examined: "3 migrations since origin/main at a1b2c3d". */
  readonly files: string;
  /** How to examine more, if no file was examined. */
  readonly hint?: string;
  /** The migrations that were run; undefined if none was, because the files have errors. */
  readonly replay?: CheckedRun;
  /** Undefined if this branch or its base has no new migrations. */
  readonly merge?: MergeTest | undefined;
  /** Undefined when this copy of pgstep has no parser. */
  readonly syntax?: SyntaxCheck;
  /** The statements of the examined files that touched a relation that was there before the file, in order. */
  readonly statements: readonly CheckedStatement[];
  readonly findings: readonly Finding[];
  /** The number of warnings and notes about files that were not examined, which only `validate` shows. */
  readonly inOlder: number;
  /** The number of findings that comments in the files ignore. */
  readonly ignored: number;
  /** The number of findings that the file of known findings forgives. */
  readonly known: number;
  /** The number of known findings that no longer occur. */
  readonly outdated: number;
  /** The sizes of tables that the findings were judged by; undefined if none were given. */
  readonly sizes?: UsedSizes | undefined;
  /** True if no sizes were given although findings depend on them. */
  readonly needsSizes?: boolean;
}

/**
 * The schema does not depend on the order of the migrations; it does; one of them fails in one order; they could not be
 * run in both orders.
 */
export type MergeOutcome = "same" | "different" | "fails" | "untested";

/** The new migrations of this branch and those that its base has got meanwhile, run in both orders. */
export interface MergeTest {
  /** "origin/main at a1b2c3d". */
  readonly base: string;
  /** How many migrations only this branch has. */
  readonly own: number;
  /** How many migrations only the base has. */
  readonly theirs: number;
  readonly outcome: MergeOutcome;
  /** Why they could not be run. */
  readonly because?: string;
}

/** The sizes of tables, and what they changed. */
export interface UsedSizes {
  /** The file of statistics, or the database. */
  readonly source: string;
  /** The day in UTC: "2026-11-29". */
  readonly takenOn: string;
  readonly ageDays: number;
  /** True if they are so old that they may be wrong. */
  readonly isOld: boolean;
  /** The size below which a table is small, in bytes. */
  readonly smallBytes: number;
  /** The number of findings that are notes because the tables are small. */
  readonly small: number;
  /** Tables with findings of which there are no statistics, as SQL names them. */
  readonly missing: readonly string[];
}

/** The answer of `check --explain`. */
export interface RuleReport extends Omit<CheckRule, "find" | "isStrict"> {
  readonly type: "rule";
  /** As the settings say. */
  readonly severity: Level;
  /** The first preset that turns it on. */
  readonly preset: Preset;
}

/** The migrations that `check` ran on an empty database. */
export interface CheckedRun {
  /** The empty database that they ran on. */
  readonly database: string;
  readonly applied: number;
  /** How many down scripts had each outcome. */
  readonly downs: DownOutcomes;
  /** Down scripts that were tried on tables with a made-up row. */
  readonly downRows: TriedDowns;
  /** The paths of the files that were examined, in order. */
  readonly examined: readonly string[];
  /** The paths of the files that were not run, because one before them failed. */
  readonly notRun: readonly string[];
  /** Statements that were left out, because their effect would not end with the shadow database. */
  readonly leftOut: readonly FilePlace[];
  /** Rows that were made up to try the examined files on. */
  readonly rows: TriedRows;
  /** The stand-ins that the database had. */
  readonly standIns: readonly UsedStandIn[];
  /** The roles that the files name and none of them creates; the embedded database got them. */
  readonly roles: readonly string[];
}

/** Tables that had a row while files were tried, made up or of an earlier migration. */
export interface TriedRows {
  readonly tables: number;
  /** Tables of which no row could be made up, as SQL names them. */
  readonly without: readonly string[];
}

/** How many down scripts were tried on rows; those that cannot lose any are not counted. */
export interface TriedDowns {
  readonly tried: number;
  /** Those that could not be: they need more than one transaction, or no row fits. */
  readonly untried: number;
  /** Those of older migrations, which are left out. */
  readonly leftOut: number;
}

/** A statement, and what it was seen to do. */
export interface CheckedStatement {
  readonly place: FilePlace;
  /** The start of the statement, on one line. */
  readonly statement: string;
  readonly touches: readonly CheckedTouch[];
}

/** What a statement was seen to do to a relation. */
export interface CheckedTouch {
  /** As SQL names it, without the schema public. */
  readonly relation: string;
  /** The strongest lock that its transaction then held: "ACCESS EXCLUSIVE". */
  readonly lock: string;
  /** What others cannot do until the transaction ends; undefined if they can read and write. */
  readonly blocks: Blocked | undefined;
  readonly rewritten: boolean;
  readonly scanned: boolean;
}

/**
 * The outcome of testing a down script: it restores the schema, and the migration can be applied again; it does not; it
 * fails; it could not be tested.
 */
export type DownOutcome = "proved" | "different" | "failed" | "untested";

export type DownOutcomes = Readonly<Record<DownOutcome, number>>;
