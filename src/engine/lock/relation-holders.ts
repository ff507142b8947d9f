import { type RelationHolder, relationHolderWords, terminationSql } from "../../core/reports/other-sessions.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { FIRST_USER_OID } from "../catalog/user-objects.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";

const SHOWN = 3;

const HOLDER: Shape = { relation: "text", pid: "number?", application: "text?", user: "text?", state: "text?" };

/**
 * A hint: the sessions that lock a relation, or any that is not the system's; the advice; the command that ends the
 * first session. Must not be called inside a transaction.
 */
export async function holdersHint(session: Session, advice: string, relation?: string): Promise<string> {
  const holders = await relationHolders(session, relation);
  const first = holders.find(({ pid }) => pid !== null)?.pid;
  const ending = first ? [`Or end process ${first} with ${terminationSql(first)}`] : [];
  return [...holders.map((holder) => `${relationHolderWords(holder)}.`), advice, ...ending].join(" ");
}

async function relationHolders(session: Session, relation: string | undefined): Promise<RelationHolder[]> {
  const which =
    relation === undefined ? `l.relation >= ${FIRST_USER_OID}` : `l.relation = to_regclass(${quoteText(relation)})`;
  try {
    const rows = await session.query(
      readSql(`SELECT json_build_object('relation', min(l.relation::regclass::text),
 'pid', l.pid, 'application', NULLIF(a.application_name, ''), 'user', a.usename, 'state', a.state)::text AS holder
 FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.granted AND ${which} AND l.pid IS DISTINCT FROM pg_backend_pid()
 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 GROUP BY l.virtualtransaction, l.pid, a.application_name, a.usename, a.state ORDER BY min(a.xact_start) LIMIT ${SHOWN}`),
    );
    return rows.map(({ holder }) => jsonAnswer<RelationHolder>(holder, HOLDER));
  } catch (error) {
    // The failure matters more than this detail of its hint.
    if (error instanceof ServerFailure) return [];
    throw error;
  }
}
