import { Failure } from "../../core/failure/failure.ts";
import { type RelationHolder, relationHolderWords } from "../../core/reports/other-sessions.ts";
import type { Session } from "../../ports/session.ts";
import { ServerFailure } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import type { DeletionRefused } from "./transaction.ts";

/**
 * The failure to show when the server refuses to delete something.
 * @param atOnce true if everything was in one transaction, so that nothing is deleted
 */
export async function deletionFailure(
  session: Session,
  databaseName: string,
  { about, failure }: DeletionRefused,
  atOnce: boolean,
): Promise<Failure> {
  const { server } = failure;
  const details = { server, cause: failure };
  const what = `Cannot reset ${databaseName}`;
  const truth = atOnce ? "nothing was deleted" : "part of its data is deleted";
  const again = atOnce ? "run pgstep reset again" : "run pgstep reset again to finish it";
  switch (server.code) {
    case "55P03":
    case "40P01": {
      const holders = await lockHolders(session);
      return new Failure("statement-failed", `${what}: ${about} is in use by another session; ${truth}`, {
        hint: `${holders}Stop the programs that use the database, or raise --lock-timeout, and ${again}.`,
        ...details,
      });
    }
    case "53200":
      return new Failure("too-large", `${what}: ${about} takes more locks than the server has room for; ${truth}`, {
        hint: `Raise max_locks_per_transaction on the server, and ${again}.`,
        ...details,
      });
    case "42501":
      return new Failure("privilege-missing", `${what}: ${about}: ${server.message}; ${truth}`, {
        hint: `Connect as the owner of the database or as a superuser, and ${again}.`,
        ...details,
      });
    default:
      return new Failure("statement-failed", `${what}: ${about}: ${server.message} (${server.code}); ${truth}`, {
        hint: `Fix the cause, and ${again}.`,
        ...details,
      });
  }
}

const SHOWN = 3;

const HOLDER: Shape = { relation: "text", pid: "number?", application: "text?", user: "text?", state: "text?" };

/** The sessions that lock non-system relations, as sentences for the hint; empty if there are none any more. */
async function lockHolders(session: Session): Promise<string> {
  try {
    const rows =
      await session.query(`SELECT pg_catalog.json_build_object('relation', pg_catalog.min(l.relation::pg_catalog.regclass::text),
 'pid', l.pid, 'application', NULLIF(a.application_name, ''), 'user', a.usename, 'state', a.state)::text AS holder
 FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384 AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
 GROUP BY l.virtualtransaction, l.pid, a.application_name, a.usename, a.state LIMIT ${SHOWN}`);
    return rows.map(({ holder }) => `${relationHolderWords(jsonAnswer<RelationHolder>(holder, HOLDER))}. `).join("");
  } catch (error) {
    // The failure matters more than this detail of its hint.
    if (error instanceof ServerFailure) return "";
    throw error;
  }
}
