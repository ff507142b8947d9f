import type { DatabaseIdentity } from "../../core/plan/plan-file.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";

const PRIVILEGE_MISSING = "42501";

/** Identifies the database among all others, copies of it included. @throws ServerFailure, ConnectionLost */
export async function readIdentity(session: Session): Promise<DatabaseIdentity> {
  const [[database], [server]] = await Promise.all([
    session.query(
      readSql("SELECT datname::text AS name, oid::text AS oid FROM pg_database WHERE datname = current_database()"),
    ),
    session.query(readSql("SELECT system_identifier::text AS system FROM pg_control_system()")).catch(withoutSystem),
  ]);
  const system = server?.system;
  return {
    name: String(database?.name),
    oid: String(database?.oid),
    system: typeof system === "string" ? system : null,
  };
}

/** Some platforms keep the function from other roles. */
function withoutSystem(error: unknown): [] {
  if (error instanceof ServerFailure && error.server.code === PRIVILEGE_MISSING) return [];
  throw error;
}

/** True if both may be the same database: a role may have read less of one of them. */
export function isSameDatabase(one: DatabaseIdentity, other: DatabaseIdentity): boolean {
  const isSameServer = one.system === other.system || one.system === null || other.system === null;
  return isSameServer && one.oid === other.oid && one.name === other.name;
}
