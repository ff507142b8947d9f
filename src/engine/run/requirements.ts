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

/**
 * What all steps in one transaction take for granted.
 * @throws Failure usage when a hook stands between them, files-unsound when a script cannot be part of one transaction, too-large when the server's lock table
 *   could not hold what the scripts create
 */
export function requireOneTransaction({ scripts, state, around }: RunPlan): void {
  const alone = scripts.find((script) => script.inspection.mode === "statements");
  if (alone) {
    const { because, blocks } = alone.inspection;
    const own = blocks.length > 0 ? "it has transactions of its own" : 'the header says "Transaction: none"';
    const reason = because ?? own;
    throw new Failure(
      "files-unsound",
      `Cannot run in one transaction: ${alone.step.name} cannot be part of it (${reason})`,
      {
        hint: "Leave --single-transaction out, or stop before that migration.",
        place: { path: alone.path },
      },
    );
  }
  const locks = scripts.reduce((sum, script) => sum + script.inspection.relationsCreated, 0);
  if (locks > state.lockCapacity) {
    throw new Failure(
      "too-large",
      `Cannot run in one transaction: it creates ${locks} relations, each takes a lock, and the server has room for ${state.lockCapacity}`,
      { hint: "Leave --single-transaction out, or raise max_locks_per_transaction on the server." },
    );
  }
  requireNoStepHooks(around);
}

function requireNoStepHooks({ hooks }: AroundSteps): void {
  const between = hooks.find(({ hook }) => hook.moment === "before-step" || hook.moment === "after-step");
  if (!between) return;
  throw new Failure("usage", `Cannot run in one transaction: the hook ${between.hook.name} stands between the steps`, {
    hint: "Leave --single-transaction out, or the hook: with --hooks-dir an empty directory can be named.",
  });
}

/** What means nothing where there is only one session, and how people ask for it. */
const OPTIONS = [
  ["lockWaitMs", "--lock-wait"],
  ["lockTimeoutMs", "--lock-timeout"],
  ["retryMs", "--retry-for"],
] as const;

/**
 * One remark on everything that a run asks for and the embedded database has no use for: nobody else can hold a lock
 * in it, so locks and the patience with them are passed over. None when nothing was asked for.
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
      message: `the embedded database has one session, where nothing waits for a lock; without effect: ${asked.join(", ")}`,
      hint: "Try locks and timeouts on a server: --url postgres://...",
    }),
  ];
}
