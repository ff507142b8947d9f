import {
  LONG_MS,
  type ReplicationActivity,
  type SessionActivity,
  type Sighting,
} from "../../core/activity/activity.ts";
import { replicationSightings } from "../../core/activity/replication-findings.ts";
import { type ConcernedRun, sessionSightings } from "../../core/activity/session-findings.ts";
import { finding } from "../../core/failure/failure.ts";
import { holderWords } from "../../core/reports/other-sessions.ts";
import { BRIEFLY, readSql } from "../../core/sql/own-sql.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { BLOCKER, querySql, withBeginning } from "../lock/session-sql.ts";
import { endingHint, lookAtHolder } from "../lock/take-lock.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { REPLICATION_SQL } from "./replication-sql.ts";
import { sessionsSql } from "./sessions-sql.ts";

/** More sessions than these are not read in one sample. */
const MOST_SESSIONS = 200;

const SESSIONS: Shape = {
  sessions: [
    "list of",
    {
      ...BLOCKER,
      ...{ holdsBack: "boolean", hasSnapshot: "boolean" },
      locks: ["list of", { schema: "text", name: "text", of: "number", mode: "text", isGranted: "boolean" }],
    },
  ],
  ...{ total: "number", hidden: "number", role: "text" },
};

const REPLICATION: Shape = {
  ...{ synchronousNames: "text", synchronousCommit: "text" },
  receivers: [
    "list of",
    {
      ...{ pid: "number", name: "text?", address: "text?", state: "text?", sync: "text?" },
      ...{ lagBytes: "number?", lagMs: "number?" },
    },
  ],
  slots: ["list of", { name: "text", kind: "text", keptBytes: "number" }],
};

/**
 * Looks once at what other sessions and replication do now. Nothing waits for long: the queries read only the system's
 * views, in transactions of their own.
 * @throws ConnectionLost
 */
export async function readSightings(
  context: DatabaseContext,
  session: Session,
  run: ConcernedRun,
): Promise<Sighting[]> {
  const parts = await Promise.all([
    seenOrRefused("other sessions", readSessions(context, session, run)),
    seenOrRefused("replication", readReplication(session)),
    seenOrRefused("other runs", readHolder(context, session)),
  ]);
  return parts.flat();
}

async function readSessions({ settings }: DatabaseContext, session: Session, run: ConcernedRun): Promise<Sighting[]> {
  const { longMs = LONG_MS, relations } = run;
  const sql = sessionsSql(relations, { query: querySql(settings), longMs, most: MOST_SESSIONS });
  const [row] = await session.query(readSql(BRIEFLY + sql));
  const activity = jsonAnswer<SessionActivity>(row?.activity, SESSIONS);
  return sessionSightings({ ...activity, sessions: activity.sessions.map(withBeginning) }, run);
}

async function readReplication(session: Session): Promise<Sighting[]> {
  const [row] = await session.query(readSql(BRIEFLY + REPLICATION_SQL));
  return row ? replicationSightings(jsonAnswer<ReplicationActivity>(row.replication, REPLICATION)) : [];
}

/** Another run of pgstep, which holds the migration lock. */
async function readHolder(context: DatabaseContext, session: Session): Promise<Sighting[]> {
  const { holder, activity } = await lookAtHolder(context, session);
  if (!holder) return [];
  const message = `another run of pgstep holds the migration lock: ${holderWords(holder)}`;
  const hint = ["Run when it has ended.", ...endingHint(holder, activity)].join(" ");
  return [{ key: "run", finding: { rule: "session-blocks", severity: "warning", message, hint } }];
}

/** A server may lack a view, or refuse it: the plan is useful without it. @throws ConnectionLost */
async function seenOrRefused(what: string, sightings: Promise<Sighting[]>): Promise<Sighting[]> {
  try {
    return await sightings;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const message = `${what} are not shown: ${error.server.message}`;
    return [{ key: what, finding: finding("sessions-hidden", { message }) }];
  }
}
