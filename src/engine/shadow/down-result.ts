import type { Failure, Finding } from "../../core/failure/failure.ts";
import { finding } from "../../core/failure/failure.ts";
import type { DownOutcome, DownOutcomes } from "../../core/reports/check-report.ts";
import type { DatabaseContext } from "../session/context.ts";
import { remedyFor } from "./remedies.ts";

/** The outcome of testing a down script. A finding unless it is proved. */
export interface DownResult {
  readonly outcome: DownOutcome;
  readonly finding?: Finding;
}

/** How many of the results have each outcome. */
export function countOutcomes(results: readonly DownResult[]): DownOutcomes {
  const count = (outcome: DownOutcome) => results.filter((result) => result.outcome === outcome).length;
  return {
    proved: count("proved"),
    different: count("different"),
    failed: count("failed"),
    untested: count("untested"),
  };
}

/** A migration with a down script, as findings name them. */
export interface Tested {
  readonly name: string;
  /** The path of the down script. */
  readonly path: string;
}

/** What the down script and the migration after it did to the schema. */
export interface Effects {
  /** The differences from the schema before the migration, in words. */
  readonly left: readonly string[];
  /** Why the migration cannot be applied again. */
  readonly refused: Finding | undefined;
  /** The differences from the schema after the migration, once it is applied again. */
  readonly again: readonly string[];
}

/** The result for a down script that ran. */
export function resultOf({ name, path }: Tested, { left, refused, again }: Effects): DownResult {
  const place = { path };
  if (left.length === 0 && !refused && again.length === 0) return { outcome: "proved" };
  const undone =
    left.length > 0
      ? `${name} is not undone by its down script: it ${left.join("; ")}`
      : `${name} is undone by its down script`;
  const message = refused
    ? `${undone}${left.length > 0 ? "; so" : ", but"} it cannot be applied again: ${refused.message}`
    : left.length > 0
      ? undone
      : `${undone}, but applied again it ${again.join("; ")}`;
  return {
    outcome: "different",
    finding: {
      rule: "not-reversible",
      severity: refused ? "error" : "warning",
      message,
      hint: "Make the down script undo all that the migration does, or remove it if that is impossible.",
      place,
    },
  };
}

/** The result for a down script that could not run. @param reason follows a colon */
export function untested({ name, path }: Tested, reason: string): DownResult {
  return {
    outcome: "untested",
    finding: finding("down-untested", {
      message: `Cannot test the down script of ${name}: ${reason}`,
      hint: "Test it on a copy of your database: pgstep redo.",
      place: { path },
    }),
  };
}

/** Turns a failure that a file caused into a finding. @throws Failure any other failure, unchanged */
export function findingOf(
  context: Pick<DatabaseContext, "database" | "fileSystem" | "settings">,
  failure: Failure,
): Finding {
  const { code, message, place, server, hint } = failure;
  if (code !== "statement-failed" && code !== "history-conflict" && code !== "files-unsound") throw failure;
  const remedy = remedyFor(context, failure);
  if (remedy) return finding("replay", { message: `${message}${remedy.where ?? ""}`, hint: remedy.hint, place });
  const said = [server?.detail && `DETAIL: ${server.detail}`, server?.hint && `HINT: ${server.hint}`].filter(Boolean);
  return finding("replay", { message: [message, ...said].join("; "), hint, place });
}
