import type { Session } from "../../ports/session.ts";
import { assertSql, tableNames } from "../history/history-table.ts";
import { hasKey, lockKeys } from "../lock/lock-key.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { NETWORK_WINDOW, Pipeline } from "../pipeline/pipeline.ts";
import { CLIENT_CHECKS, succeeds } from "../run/begin-and-end.ts";
import type { DatabaseContext } from "../session/context.ts";
import { ownSettings } from "../session/own-settings.ts";
import type { Run } from "../step/session-settings.ts";

/** A run whose statements are only written. @throws ConnectionLost */
export async function writtenRun(context: DatabaseContext, session: Session): Promise<Run> {
  return {
    ...{ context, session, names: tableNames(context.settings), lock: writtenLock(context) },
    ...{ direct: true, inSession: new Set() },
    pipeline: new Pipeline(session, NETWORK_WINDOW),
    sessionSettings: await sessionSettings(session),
  };
}

/** Each transaction of a script checks the lock: through a transaction pooler it may belong to another session. */
function writtenLock({ settings }: DatabaseContext): RunLock {
  // psql shows the marker as the server's error.
  const check = assertSql(hasKey(lockKeys(settings)), "lock is not held: connect without a transaction pooler");
  return { guard: `${check}; `, guardBeforeDrop: "", check, marker: "", release: async () => {} };
}

/** The settings of the script's session. They follow each RESET ALL, which takes back the encoding as well. */
async function sessionSettings(session: Session): Promise<string> {
  const local = (sql: string) => sql.replaceAll("SET ", "SET LOCAL ");
  const taken: string[] = [];
  for (const sql of CLIENT_CHECKS) {
    if (await succeeds(session.execute(`BEGIN READ ONLY; ${local(sql)}COMMIT`))) taken.push(sql);
    else await session.execute("ROLLBACK");
  }
  return `${ownSettings(session)}${taken.join("")}SET client_encoding = 'UTF8'; `;
}
