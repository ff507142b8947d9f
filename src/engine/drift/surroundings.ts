import { type Ignoring, ignoring, isHad, namesOf, type Surroundings } from "../../core/drift/forgive.ts";
import { PLATFORMS } from "../../core/drift/platforms.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { withSession } from "../session/with-session.ts";

export async function readSurroundings(session: Session): Promise<Surroundings> {
  const roles = PLATFORMS.map(({ role }) => quoteText(role));
  const [row] = await session.query(`SELECT json_build_object(
 'roles', (SELECT COALESCE(json_agg(rolname), '[]') FROM pg_roles WHERE rolname IN (${roles.join(", ")})),
 'extensions', (SELECT COALESCE(json_agg(extname), '[]') FROM pg_extension))::text AS row`);
  return jsonAnswer<Surroundings>(row?.row, { roles: ["list of", "text"], extensions: ["list of", "text"] });
}

/** The owner of the history; without one, the role of the session. */
export function migratorSql({ settings }: DatabaseContext): string {
  const history = `pg_catalog.to_regclass(${quoteText(tableNames(settings).history)})`;
  return `SELECT COALESCE((SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = ${history}), quote_ident(current_user)) AS name`;
}

/** The differences that do not count where a database is compared with migrations. */
export interface Ignored {
  readonly ignoredBy: Ignoring;
  /** The role that owns what the migrations make, as SQL. */
  readonly migrator: string;
  /** The platform of the database and its extensions, as far as their own objects do not count. */
  readonly platforms: readonly string[];
}

/**
 * What `findDrift` leaves out of this database.
 * @param patterns the user's
 * @throws those of connecting
 */
export async function readIgnored(context: DatabaseContext, patterns: readonly string[]): Promise<Ignored> {
  const { database, signal } = context;
  const read = async (session: Session): Promise<Ignored> => {
    const surroundings = await readSurroundings(session);
    const ignoredBy = ignoring(surroundings, patterns);
    const [owner] = await session.query(migratorSql(context));
    const migrator = String(owner?.name);
    return {
      ignoredBy: (object, kinds) => (isHad(object, migrator) ? "platform" : ignoredBy(object, kinds)),
      migrator,
      platforms: namesOf(surroundings),
    };
  };
  return await withSession(database, "inspect", read, signal);
}
