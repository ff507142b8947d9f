import type { Failure } from "../../core/failure/failure.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { reachOf } from "../../core/statements/leaves-database.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

/*
 * Roles belong to a server, so migrations name them and seldom create them. The embedded database has none, and gets
 * those that are missing.
 */

/** The comment of a role that pgstep has created. */
const MARK = "created by pgstep check";

/** The role whose absence made a statement fail in the embedded database; undefined for any other failure. */
export function missingRole({ database }: DatabaseContext, { server }: Failure): string | undefined {
  return database.embedded ? /^role "(.+)" does not exist$/.exec(server?.message ?? "")?.[1] : undefined;
}

/**
 * True for a statement whose effect would not end with the shadow database. The roles of the embedded database end with
 * it, and later statements may need them.
 */
export function reachesBeyond(statement: Statement, { database }: DatabaseContext): boolean {
  const reach = reachOf(statement);
  return reach === "server" || (reach === "role" && !database.embedded);
}

/** Creates roles in the embedded database. @returns false if it refuses one, such as a reserved name */
export async function createRoles({ database, signal }: DatabaseContext, names: readonly string[]): Promise<boolean> {
  const statements = names
    .map(quoteIdentifier)
    .flatMap((name) => [`CREATE ROLE ${name}`, `COMMENT ON ROLE ${name} IS ${quoteText(MARK)}`]);
  const create = async (session: Session) => {
    try {
      await session.execute(statements.join("; "));
      return true;
    } catch (error) {
      if (error instanceof ServerFailure) return false;
      throw error;
    }
  };
  return await withSession(database, "create a role on", create, signal);
}

/** The names of the roles that `createRoles` has created in a database. */
export async function createdRoles({ database, signal }: DatabaseContext): Promise<string[]> {
  if (!database.embedded) return [];
  const sql = `SELECT rolname AS name FROM pg_catalog.pg_roles
 WHERE pg_catalog.shobj_description(oid, 'pg_authid') = ${quoteText(MARK)} ORDER BY 1`;
  const rows = await withSession(database, "inspect", (session: Session) => session.query(sql), signal);
  return rows.map(({ name }) => String(name));
}
