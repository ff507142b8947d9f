import type { ServerRole } from "../../core/connection/target.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import type { Session } from "../../ports/session.ts";

/** The server is not of the kind that target_session_attrs asks for. */
export class RoleUnfit extends Error {
  override readonly name = "RoleUnfit";
}

/** Rejects with RoleUnfit if the server is not of that kind (PostgreSQL documentation, target_session_attrs). */
export async function checkRole(session: Session, role: ServerRole): Promise<void> {
  if (role === "any") return;
  const { isStandby, isReadOnly } = await stateOf(session);
  switch (role) {
    case "read-write":
      if (isStandby) throw new RoleUnfit("the server is a standby, which accepts no writes");
      if (isReadOnly) throw new RoleUnfit("the server is read-only");
      return;
    case "read-only":
      if (!isStandby && !isReadOnly)
        throw new RoleUnfit("the server accepts writes, and target_session_attrs=read-only");
      return;
    case "primary":
      if (isStandby) throw new RoleUnfit("the server is a standby, which accepts no writes");
      return;
    case "standby":
    case "prefer-standby":
      if (!isStandby) throw new RoleUnfit("the server is not a standby, and target_session_attrs=standby");
  }
}

async function stateOf(session: Session): Promise<{ isStandby: boolean; isReadOnly: boolean }> {
  let { in_hot_standby: standby, default_transaction_read_only: readOnly } = session.backend.parameters;
  if (standby === undefined || readOnly === undefined) {
    // Servers before PostgreSQL 14, and poolers, do not report them.
    const [row] = await session.query(
      readSql(
        "SELECT CASE WHEN pg_is_in_recovery() THEN 'on' ELSE 'off' END AS standby, current_setting('default_transaction_read_only') AS read_only",
      ),
    );
    standby = String(row?.standby);
    readOnly = String(row?.read_only);
  }
  return { isStandby: standby === "on", isReadOnly: readOnly === "on" };
}
