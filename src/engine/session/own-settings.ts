import { ownSettingsSql } from "../../core/sql/own-sql.ts";
import type { Session } from "../../ports/session.ts";

/**
 * True if the connection has its own server session, so that its settings and locks apply to later statements. False
 * behind a transaction pooler.
 * @param looked identifies the backend that answered
 */
export function isDirect(looked: { readonly processId: number }, { backend }: Session): boolean {
  return looked.processId === backend.processId;
}

/** SQL for the settings that a direct session has from its start. */
export function ownSettings({ backend }: Session): string {
  return backend.embedded ? "" : ownSettingsSql(backend.serverVersion);
}

/**
 * Without keepalives the server does not notice a broken network, and the system's defaults begin after two hours: the
 * session would hold the lock that long. No effect on a Unix socket. No tcp_user_timeout, which would end a session
 * whose client reads slowly.
 */
export const KEEP_ALIVE =
  "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; ";

/** Call it right before requesting the lock. A server's refusal is ignored. */
export function keepAlive(session: Session): void {
  if (!session.backend.embedded) session.execute(KEEP_ALIVE).catch(() => {});
}
