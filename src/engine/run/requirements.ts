import { DEFAULT_SETTINGS, type Settings } from "../../core/configuration/settings.ts";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import { writeDuration } from "../../core/text/duration.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import { mustRunAlone } from "../step/one-statement.ts";
import { lineOf } from "../step/step-failure.ts";
import type { AroundSteps } from "./around-run.ts";
import type { RunPlan } from "./run-plan.ts";

/**
 * Behind a transaction pooler, a script that runs statement by statement must not need a session of its own.
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

/** Session settings from a BEGIN ... COMMIT block would not apply to the statements after it. */
function requireNoBlock({ inspection, path, step }: Script): void {
  const [block] = inspection.blocks;
  if (!block) return;
  throw new Failure(
    "files-unsound",
    `Cannot run ${step.name} behind a transaction pooler: it has its own BEGIN and COMMIT`,
    {
      hint: "Connect to the server directly, without the pooler; or split the file so that each transaction is a migration.",
      place: { path, ...block.position },
    },
  );
}

/**
 * Behind a transaction pooler the next statement may run in another session, and other clients' statements in this one.
 * @throws Failure files-unsound when a script that runs statement by statement changes its session
 */
function requireNoSessionChange(scripts: readonly Script[]): void {
  for (const script of scripts) {
    const { inspection, path, step } = script;
    if (inspection.mode === "transaction" || !inspection.sessionChange) continue;
    const { sessionChange: position } = inspection;
    throw new Failure(
      "files-unsound",
      `Cannot run ${step.name} behind a transaction pooler: it changes the session, but each statement may run in another session`,
      {
        hint: "Connect to the server directly, without the pooler; or remove the line: write names with their schema, and set a lock timeout with -- Lock-Timeout at the top of the file.",
        place: { path, ...position, ...lineOf(script, position) },
      },
    );
  }
}

/**
 * Behind a transaction pooler no timeout can be lifted for a statement that runs outside a transaction. A separate SET
 * is another transaction, perhaps in another client's session; a SET in the same message would put both in one
 * transaction. A statement that the timeout cancels leaves half of its work.
 * @throws Failure files-unsound when the role or database has a statement_timeout and a script has such a statement
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
        `Cannot run ${step.name} behind a transaction pooler: the server cancels a statement outside a transaction after statement_timeout, which is ${writeDuration(statementTimeoutMs)} for this role or database`,
        {
          hint: `Connect to the server directly, without the pooler; or ALTER ROLE ${quoteIdentifier(role)} SET statement_timeout = 0, for the pooler's next connections.`,
          place: { path, ...statement.position, ...lineOf(script, statement.position) },
        },
      );
    }
  }
}

/**
 * The requirements for running all steps in one transaction.
 * @throws Failure usage when there are step hooks, files-unsound when a script cannot be part of one transaction,
 *   too-large when the server's lock table is too small for the relations that the scripts create
 */
export function requireOneTransaction({ scripts, state, around }: RunPlan): void {
  const alone = scripts.find((script) => script.inspection.mode === "statements");
  if (alone) {
    const { because, blocks } = alone.inspection;
    const own = blocks.length > 0 ? "it has its own BEGIN and COMMIT" : 'the header says "Transaction: none"';
    const reason = because ?? own;
    throw new Failure(
      "files-unsound",
      `Cannot run in one transaction: ${alone.step.name} cannot be part of it (${reason})`,
      {
        hint: "Omit --single-transaction, or stop before that migration.",
        place: { path: alone.path },
      },
    );
  }
  const locks = scripts.reduce((sum, script) => sum + script.inspection.relationsCreated, 0);
  if (locks > state.lockCapacity) {
    throw new Failure(
      "too-large",
      `Cannot run in one transaction: it creates ${locks} relations, each takes a lock, and the server has room for ${state.lockCapacity}`,
      { hint: "Omit --single-transaction, or raise max_locks_per_transaction on the server." },
    );
  }
  requireNoStepHooks(around);
}

function requireNoStepHooks({ hooks }: AroundSteps): void {
  const between = hooks.find(({ hook }) => hook.moment === "before-step" || hook.moment === "after-step");
  if (!between) return;
  throw new Failure("usage", `Cannot run in one transaction: the hook ${between.hook.name} runs between the steps`, {
    hint: "Omit --single-transaction, or skip the hooks: name an empty directory with --hooks-dir.",
  });
}

/** Settings without effect in a database with only one session, and their flags. */
const OPTIONS = [
  ["lockWaitMs", "--lock-wait"],
  ["lockTimeoutMs", "--lock-timeout"],
  ["retryMs", "--retry-for"],
] as const;

/**
 * One warning about all lock settings of a run that the embedded database ignores: no other session can hold a lock in
 * it. None if there are no such settings.
 */
export function withoutEffectEmbedded(settings: Settings, scripts: readonly Script[]): Finding[] {
  const asked: string[] = OPTIONS.filter(([name]) => settings[name] !== DEFAULT_SETTINGS[name]).map(([, flag]) => flag);
  const timed = scripts.filter(({ header }) => header.lockTimeoutMs !== undefined);
  if (timed[0]) {
    const others = timed.length > 1 ? ` and ${timed.length - 1} more` : "";
    asked.push(`the Lock-Timeout of ${timed[0].path}${others}`);
  }
  if (asked.length === 0) return [];
  return [
    finding("embedded-locks", {
      message: `the embedded database has one session, so nothing waits for a lock; without effect: ${asked.join(", ")}`,
      hint: "Test locks and timeouts on a server: --url postgres://...",
    }),
  ];
}
