import { ownSettingsSql } from "../../core/sql/own-sql.ts";
import type { Session } from "../../ports/session.ts";

/**
 * Whether the session is one of the server's own: its settings and locks reach the statements behind them, and not so
 * behind a transaction pooler.
 * @param looked by the backend that answered
 */
export function isDirect(looked: { readonly processId: number }, { backend }: Session): boolean {
  return looked.processId === backend.processId;
}

/** The settings that a direct session has from its beginning. */
export function ownSettings({ backend }: Session): string {
  return backend.embedded ? "" : ownSettingsSql(backend.serverVersion);
}

/**
 * Where the network is gone the server does not notice by itself, and the system's own keepalives begin after two hours:
 * for so long the session would hold the lock. Without effect on a Unix socket. No tcp_user_timeout, which would end a
 * session whose client reads slowly.
 */
export const KEEP_ALIVE =
  "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; ";

/** To be sent right before the lock is asked for; a server that refuses it is none the worse. */
export function keepAlive(session: Session): void {
  if (!session.backend.embedded) session.execute(KEEP_ALIVE).catch(() => {});
}
