import type { FilePlace, Finding, ServerMessage } from "./error.ts";
import type { Plan, Step } from "./plan.ts";
import type { ResetInventory, StepOutcome } from "./report.ts";

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
      /** The migration's name; undefined for a notice of no migration's. */
      readonly migration?: string;
      readonly place?: FilePlace;
    }
  | { readonly type: "warning"; readonly finding: Finding }
  | { readonly type: "lock-waiting"; readonly holder: string | undefined; readonly waitedMs: number }
  | {
      readonly type: "retrying";
      /** Who held the lock that was not got, one line each; empty when nobody was seen. */
      readonly blockers: readonly string[];
      readonly step: Step;
      readonly reason: ServerMessage;
      readonly attempt: number;
      readonly delayMs: number;
    }
  /** The run waits for locks that these hold, one line each. */
  | { readonly type: "blocked"; readonly blockers: readonly string[] }
  /** How far the server has got with an index, in its words. */
  | { readonly type: "index-progress"; readonly progress: string }
  | { readonly type: "reset-planned"; readonly database: string; readonly inventory: ResetInventory };

export type EventListener = (event: Event) => void;
