import type { Backup, PlannedBackup, RestorePlan } from "../backup/backup-report.ts";
import type { FilePlace, Finding, ServerMessage } from "../failure/failure.ts";
import type { HookReport } from "../hooks/hook.ts";
import type { Plan, Step } from "../migrations/plan.ts";
import type { RepeatableReport } from "../repeatable/repeatable.ts";
import type { WrittenFile } from "../types/types-report.ts";
import type { Check } from "./diagnosis.ts";
import type { Blockers, LockHolder, RunActivity, StatementProgress } from "./other-sessions.ts";
import type { ExplainedValue, ResetInventory, StepOutcome } from "./report.ts";

/** Something that happens while a command runs, in the order it happens. */
export type Event =
  | { readonly type: "planned"; readonly database: string; readonly plan: Plan; readonly dryRun: boolean }
  | { readonly type: "step-started"; readonly step: Step; readonly statements: number }
  | {
      readonly type: "statement-finished";
      readonly step: Step;
      /** 1-based. */
      readonly statement: number;
      readonly statements: number;
      readonly command: string;
      readonly rowCount: number | null;
      /** The place in its file where it starts. */
      readonly place?: FilePlace;
      /** Milliseconds since the previous answer of the server. */
      readonly durationMs?: number;
    }
  | {
      readonly type: "step-finished";
      readonly step: Step;
      readonly outcome: StepOutcome;
      /** Whole milliseconds. */
      readonly durationMs: number;
    }
  | {
      readonly type: "notice";
      readonly message: ServerMessage;
      /** The migration's name; undefined for a notice outside a migration. */
      readonly migration?: string;
      readonly place?: FilePlace;
    }
  | { readonly type: "warning"; readonly finding: Finding }
  /** Sent for each when all of them are committed or rolled back. */
  | { readonly type: "repeatable-finished"; readonly repeatable: RepeatableReport }
  | { readonly type: "hook-finished"; readonly hook: HookReport }
  /** A line of output from a hook command. */
  | { readonly type: "hook-output"; readonly hook: string; readonly line: string }
  /** The server is not ready yet; sent again when the reason changes. */
  | {
      readonly type: "database-waiting";
      readonly database: string;
      readonly reason: string;
      readonly waitedMs: number;
      readonly limitMs: number;
    }
  /** The result of one check by `doctor`. */
  | { readonly type: "checked"; readonly check: Check }
  /** The values that `doctor` is about to examine. */
  | { readonly type: "explained"; readonly values: readonly ExplainedValue[] }
  /** The server did not have the database. */
  | { readonly type: "database-created"; readonly database: string }
  /** The server that pgstep waited for is ready. */
  | { readonly type: "database-ready"; readonly database: string; readonly waitedMs: number }
  | {
      readonly type: "lock-waiting";
      readonly holder: LockHolder | undefined;
      /** The work of the run that holds the lock; undefined if its server process is not known. */
      readonly activity: RunActivity | undefined;
      readonly waitedMs: number;
    }
  /** The blockers are the sessions that held the lock; empty if none was seen. */
  | ({
      readonly type: "retrying";
      readonly step: Step;
      readonly reason: ServerMessage;
      readonly attempt: number;
      readonly delayMs: number;
    } & Blockers)
  /** These sessions hold up the run; sent again when they change, and empty when the run no longer waits. */
  | ({ readonly type: "blocked" } & Blockers)
  /** Sent when the progress changes; null when the server reports none any more. */
  | { readonly type: "statement-progress"; readonly progress: StatementProgress | null }
  /** A backup copies a table's rows: table `index` of `tables`, 1-based; both 0 for a whole database. */
  | { readonly type: "backup-progress"; readonly table: string; readonly index: number; readonly tables: number }
  /** The backup that a run would make, in a dry run. */
  | { readonly type: "backup-planned"; readonly backup: PlannedBackup }
  /** A run made a backup before its first step. */
  | { readonly type: "backed-up"; readonly backup: Backup }
  /** A run wrote the schema to a file, or found the file up to date. */
  | { readonly type: "schema-dumped"; readonly file: WrittenFile }
  | { readonly type: "restore-planned"; readonly plan: RestorePlan }
  /** A project file is used that nobody named: it was found above the working directory. */
  | { readonly type: "project-file-found"; readonly path: string }
  /** The migrations are files of another tool. */
  | { readonly type: "layout-found"; readonly directory: string; readonly tool: string; readonly layout: string }
  /** A program that only a project file names is about to start. */
  | {
      readonly type: "program-named";
      /** "hook after-up", "pg_dump". */
      readonly what: string;
      readonly program: string;
      /** The place in the project file. */
      readonly origin: string;
    }
  | { readonly type: "reset-planned"; readonly database: string; readonly inventory: ResetInventory };

export type EventListener = (event: Event) => void;
