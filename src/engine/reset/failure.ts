import { Failure } from "../../core/failure/failure.ts";
import type { Session } from "../../ports/session.ts";
import { holdersHint } from "../lock/relation-holders.ts";
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
  const outcome = atOnce ? "nothing was deleted" : "part of its data is deleted";
  const again = atOnce ? "run pgstep reset again" : "run pgstep reset again to finish it";
  switch (server.code) {
    case "55P03":
    case "40P01": {
      const advice = `Stop the programs that use the database, and ${again}.`;
      return new Failure("statement-failed", `${what}: ${about} is in use by another session; ${outcome}`, {
        hint: await holdersHint(session, advice),
        ...details,
      });
    }
    case "53200":
      return new Failure("too-large", `${what}: ${about} takes more locks than the server has room for; ${outcome}`, {
        hint: `Raise max_locks_per_transaction on the server, and ${again}.`,
        ...details,
      });
    case "42501":
      return new Failure("privilege-missing", `${what}: ${about}: ${server.message}; ${outcome}`, {
        hint: `Connect as the owner of the database or as a superuser, and ${again}.`,
        ...details,
      });
    default:
      return new Failure("statement-failed", `${what}: ${about}: ${server.message} (${server.code}); ${outcome}`, {
        hint: `Fix the cause, and ${again}.`,
        ...details,
      });
  }
}
