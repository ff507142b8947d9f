import { Failure } from "../../core/failure/failure.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import { writeDuration } from "../../core/text/duration.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import { mustRunAlone } from "../step/one-statement.ts";
import { lineOf } from "../step/step-failure.ts";

/**
 * What runs statement by statement must do without a session of its own behind a transaction pooler.
 * @throws Failure files-unsound
 */
export function requirePoolable(
  state: Pick<DatabaseState, "statementTimeoutMs" | "role">,
  scripts: readonly Script[],
): void {
  for (const script of scripts) requireNoBlock(script);
  requireNoSessionChange(scripts);
  requireNoTimeoutAlone(state, scripts);
}

/** What a transaction of the file's own sets for its session would not hold for what stands behind it. */
function requireNoBlock({ inspection, path, step }: Script): void {
  const [block] = inspection.blocks;
  if (!block) return;
  throw new Failure(
    "files-unsound",
    `Cannot run ${step.name} behind a transaction pooler: it has transactions of its own`,
    {
      hint: "Connect to the server itself, past the pooler; or split the file, so that each transaction is a migration.",
      place: { path, ...block.position },
    },
  );
}

/**
 * Behind a transaction pooler the next statement may run in another session, and somebody else's in this one.
 * @throws Failure files-unsound when a script that runs statement by statement changes its session
 */
function requireNoSessionChange(scripts: readonly Script[]): void {
  for (const script of scripts) {
    const { inspection, path, step } = script;
    if (inspection.mode === "transaction" || !inspection.sessionChange) continue;
    const { sessionChange: position } = inspection;
    throw new Failure(
      "files-unsound",
      `Cannot run ${step.name} behind a transaction pooler: it changes the session, and each of its statements may get another one`,
      {
        hint: "Connect to the server itself, past the pooler; or leave the line out: write names with their schema, and a limit as -- Lock-Timeout at the top of the file.",
        place: { path, ...position, ...lineOf(script, position) },
      },
    );
  }
}

/**
 * Behind a transaction pooler no limit can be lifted for a statement that runs outside a transaction: a SET is another
 * transaction, and its session somebody else's then; in one message with the statement it would make a transaction of
 * both. Such a statement that is ended by the limit leaves half of its work.
 * @throws Failure files-unsound when the role or the database has a statement_timeout, and a script has such a statement
 */
function requireNoTimeoutAlone(
  { statementTimeoutMs, role }: Pick<DatabaseState, "statementTimeoutMs" | "role">,
  scripts: readonly Script[],
): void {
  if (statementTimeoutMs === 0) return;
  for (const script of scripts) {
    if (script.inspection.mode === "transaction") continue;
    for (const { statement, rows } of workOf(script)) {
      if (rows) for (const _ of rows);
      if (!mustRunAlone(script, statement)) continue;
      const { step, path } = script;
      throw new Failure(
        "files-unsound",
        `Cannot run ${step.name} behind a transaction pooler: a statement outside a transaction is ended after statement_timeout, which is ${writeDuration(statementTimeoutMs)} for this role or database`,
        {
          hint: `Connect to the server itself, past the pooler; or ALTER ROLE ${quoteIdentifier(role)} SET statement_timeout = 0, for the pooler's next connections.`,
          place: { path, ...statement.position, ...lineOf(script, statement.position) },
        },
      );
    }
  }
}
