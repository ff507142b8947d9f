import { readExplained } from "../../core/plan/explained.ts";
import type { ExplainedRows } from "../../core/plan/plan-report.ts";
import type { ToExplain } from "../../core/plan/run-facts.ts";
import { BRIEFLY } from "../../core/sql/own-sql.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";

/** More statements than these are not explained: planning them keeps the server busy, for more lines than a person reads. */
const MOST_STATEMENTS = 200;

const BEGIN = ["BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", `${BRIEFLY}SET LOCAL exit_on_error = off`];

/**
 * Asks the server how it would find the rows of statements, without running them: in a transaction that only reads, each
 * by the extended protocol, in one round trip for all. The answers are estimates, or the reasons why there are none.
 * @throws ConnectionLost
 */
export async function explainStatements(
  session: Session,
  statements: readonly ToExplain[],
): Promise<ReadonlyMap<ToExplain, ExplainedRows | string>> {
  const asked = statements.slice(0, MOST_STATEMENTS);
  if (asked.length === 0) return new Map();
  const others = BEGIN.map((sql) => session.execute(sql));
  const answers = asked.map((one) => {
    others.push(session.execute("SAVEPOINT pgstep"));
    const answer = session.single(`EXPLAIN (FORMAT JSON) ${one.statement.text}`);
    others.push(session.execute("ROLLBACK TO SAVEPOINT pgstep"));
    return answer;
  });
  others.push(session.execute("ROLLBACK"));
  const settled = await Promise.allSettled(answers);
  await Promise.all(others);
  return new Map(asked.map((one, index) => [one, explanationOf(settled[index])]));
}

function explanationOf(answer: PromiseSettledResult<string[]> | undefined): ExplainedRows | string {
  if (answer?.status === "fulfilled") return readExplained(answer.value.join("\n")) ?? NOT_UNDERSTOOD;
  const reason: unknown = answer?.reason;
  if (reason instanceof ServerFailure) return reason.server.message;
  throw reason;
}

const NOT_UNDERSTOOD = "the server's answer to EXPLAIN is not understood";
