import type { ResetInventory } from "../../core/reports/report.ts";
import { inOwnPathSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { noMember, userObjectsSql } from "../catalog/user-objects.ts";
import type { TableNames } from "../history/history-table.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { mayActAs, objectsSql } from "./objects-sql.ts";

/** An object that is dropped by name. */
export interface DatabaseObject {
  /** PostgreSQL's word: table, view, foreign-data wrapper ... */
  readonly kind: string;
  /** As SQL, with its schema. */
  readonly identity: string;
  /** Null if only a superuser may drop it. */
  readonly owner: string | null;
  readonly may: boolean;
  /** Number of objects that refer to it. */
  readonly uses: number;
  /** Number of locks needed to drop it with its own parts. */
  readonly locks: number;
  readonly schema: string | null;
  /** True if the reset needs it until the end: the table with the mark of an unfinished reset, or the lease table. */
  readonly ours: boolean;
}

export interface UserSchema {
  readonly name: string;
  readonly owner: string;
  readonly may: boolean;
}

/** Default privileges that differ from PostgreSQL's, of a role that the connected role is or is a member of. */
export interface DefaultPrivileges {
  readonly role: string;
  /** pg_default_acl.defaclobjtype */
  readonly kind: string;
  /** True if they are limited to schema public; otherwise they apply to the whole database. */
  readonly inPublic: boolean;
  /** Role names as SQL, PUBLIC among them. */
  readonly grantees: readonly string[];
}

/** The facts needed to restore schema public to its state in a new database. */
export interface PublicSchema {
  readonly exists: boolean;
  /** True if the role owns it, directly or through membership. */
  readonly owned: boolean;
  readonly owner: string | null;
  /** Its owner in a new database. `mayGiveAway`: the role may transfer the schema to that owner. */
  readonly standardOwner: string;
  readonly mayGiveAway: boolean;
  readonly mayCreate: boolean;
  /** The role names in its privileges, as SQL. */
  readonly grantees: readonly string[];
  readonly asNew: boolean;
}

/** Everything a reset needs to know about a database; reading it writes nothing. */
export interface Inventory {
  readonly databaseName: string;
  readonly role: string;
  /** The objects that a DROP names, newest first. */
  readonly objects: readonly DatabaseObject[];
  /** Number of locks needed to drop all of them at once. */
  readonly locks: number;
  /** Number of locks that all sessions now hold in the shared lock table. */
  readonly locksHeld: number;
  readonly schemas: readonly UserSchema[];
  readonly largeObjects: number;
  readonly foreignLargeObjects: number;
  readonly subscriptions: readonly string[];
  readonly defaultPrivileges: readonly DefaultPrivileges[];
  readonly publicSchema: PublicSchema;
  /** The planner's estimate, or the statistics' count of live rows if that is higher. */
  readonly estimatedRows: number;
  /** Tables without statistics, as SQL. */
  readonly withoutStatistics: readonly string[];
}

/** Reads the objects to delete, in one round trip. */
export async function readInventory(session: Session, names: TableNames): Promise<Inventory> {
  const { serverVersion } = session.backend;
  const tables = [names.journal, names.lease, names.repeatable].map(quoteText);
  const factsSent = session.query(factsSql(serverVersion));
  const objectsSent = session.query(inOwnPathSql(objectsSql(serverVersion, tables)));
  const [facts] = await factsSent;
  const [objects] = await objectsSent;
  return { ...jsonAnswer<Inventory>(facts?.row, {}), ...jsonAnswer<Inventory>(objects?.row, {}) };
}

/** Limits for counting: rows per table, and number of tables. */
const MOST_ROWS = 10_000;
const MOST_TABLES = 100;
/** The count is only shown, so it is not worth a long wait. */
const LOCK_TIMEOUT_MS = 500;
/** insufficient_privilege, lock_not_available. */
const UNCOUNTABLE = new Set(["42501", "55P03"]);

/**
 * Counts the rows of tables without statistics, as after a server crash or a restore. Larger or unreadable tables stay
 * in `withoutStatistics`.
 */
export async function withCountedRows(session: Session, inventory: Inventory): Promise<Inventory> {
  if (inventory.withoutStatistics.length === 0) return inventory;
  try {
    await session.execute(`BEGIN READ ONLY; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const withoutStatistics = await filledTables(session, inventory.withoutStatistics);
    const counted = await countRows(session, withoutStatistics.slice(0, MOST_TABLES));
    const small = new Map([...counted].filter(([, rows]) => rows <= MOST_ROWS));
    return {
      ...inventory,
      estimatedRows: [...small.values()].reduce((sum, rows) => sum + rows, inventory.estimatedRows),
      withoutStatistics: withoutStatistics.filter((table) => !small.has(table)),
    };
  } catch (error) {
    if (!(error instanceof ServerFailure && UNCOUNTABLE.has(error.server.code))) throw error;
    return inventory;
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

/** The tables that have any pages. The server opens each one for this, and waits if another session has locked it. */
async function filledTables(session: Session, tables: readonly string[]): Promise<string[]> {
  const list = tables.map(quoteText).join(", ");
  const rows = await session.query(
    `SELECT name FROM pg_catalog.unnest(ARRAY[${list}]) AS name WHERE pg_catalog.pg_relation_size(name::pg_catalog.regclass) > 0`,
  );
  return rows.map(({ name }) => String(name));
}

/** Rows by table, counted up to one above the limit. */
async function countRows(session: Session, tables: readonly string[]): Promise<Map<string, number>> {
  if (tables.length === 0) return new Map();
  const counts = tables.map(
    (table) =>
      `SELECT ${quoteText(table)} AS "table", pg_catalog.count(*)::pg_catalog.int4 AS "rows" FROM (SELECT FROM ONLY ${table} LIMIT ${MOST_ROWS + 1}) AS counted`,
  );
  const rows = await session.query(counts.join(" UNION ALL "));
  return new Map(rows.map((row) => [String(row.table), Number(row.rows)]));
}

/** The inventory as reports show it. */
export function summarize(inventory: Inventory): ResetInventory {
  const { databaseName, objects, schemas, largeObjects, defaultPrivileges, estimatedRows, withoutStatistics } =
    inventory;
  const counts: Record<string, number> = {};
  for (const { kind } of objects) counts[kind] = (counts[kind] ?? 0) + 1;
  if (largeObjects > 0) counts["large object"] = largeObjects;
  if (defaultPrivileges.length > 0) counts["default privileges"] = defaultPrivileges.length;
  const touched = schemas.filter(({ name }) => name !== "public" || objects.some(({ schema }) => schema === "public"));
  return {
    databaseName,
    schemas: touched.map(({ name }) => name),
    objects: counts,
    estimatedRows,
    uncountedTables: withoutStatistics.length,
  };
}

/** True if nothing is left that a reset deletes. */
export function isEmpty({ objects, schemas, largeObjects, defaultPrivileges }: Inventory): boolean {
  return (
    objects.length + largeObjects + defaultPrivileges.length === 0 && schemas.every(({ name }) => name === "public")
  );
}

/**
 * The owner of public in a new database: since PostgreSQL 15 the owner of the database, before that the role that
 * created the cluster.
 */
function standardOwner(serverVersion: number): string {
  return serverVersion >= 150000
    ? "(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = 'pg_database_owner')"
    : "10::pg_catalog.oid";
}

function factsSql(serverVersion: number): string {
  const owner = standardOwner(serverVersion);
  const everyone = serverVersion >= 150000 ? "U" : "UC";
  const grantees = (acl: string) =>
    `(SELECT COALESCE(pg_catalog.json_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END), '[]') FROM pg_catalog.aclexplode(${acl}) a)`;
  const mayCreate = "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')";
  return `WITH ${userObjectsSql([])} SELECT pg_catalog.row_to_json(facts)::text AS row FROM (SELECT pg_catalog.current_database()::text AS "databaseName", current_user::text AS role,
 (SELECT count(*) FROM pg_catalog.pg_locks WHERE NOT fastpath) AS "locksHeld",
 (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('name', n.nspname, 'owner', pg_catalog.pg_get_userbyid(n.nspowner),
     'may', ${mayActAs("n.nspowner")}) ORDER BY n.nspname), '[]') FROM pg_catalog.pg_namespace n
   WHERE n.oid IN (SELECT oid FROM space) AND ${noMember("pg_namespace", "n.oid")}) AS schemas,
 (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata) AS "largeObjects",
 (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata o WHERE NOT ${mayActAs("o.lomowner")}) AS "foreignLargeObjects",
 (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.quote_ident(s.subname)), '[]') FROM pg_catalog.pg_subscription s
   WHERE s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) AS subscriptions,
 (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('role', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)),
     'kind', d.defaclobjtype, 'inPublic', d.defaclnamespace <> 0, 'grantees', ${grantees("d.defaclacl")})), '[]')
   FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
   WHERE ${mayActAs("d.defaclrole")} AND (d.defaclnamespace = 0 OR n.nspname = 'public')) AS "defaultPrivileges",
 (SELECT pg_catalog.json_build_object('exists', n.oid IS NOT NULL, 'owned', COALESCE(${mayActAs("n.nspowner")}, false),
     'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)),
     'standardOwner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(standard.owner)),
     'mayCreate', ${mayCreate}, 'mayGiveAway', ${mayCreate} AND pg_catalog.pg_has_role(current_user, standard.owner, '${serverVersion >= 160000 ? "SET" : "MEMBER"}'),
     'grantees', CASE WHEN n.nspacl IS NULL THEN '[]'::pg_catalog.json ELSE ${grantees("n.nspacl")} END,
     'asNew', COALESCE(n.nspowner = standard.owner AND pg_catalog.obj_description(n.oid, 'pg_namespace') = 'standard public schema'
       AND n.nspacl::text = pg_catalog.format('{%1$s=UC/%1$s,=${everyone}/%1$s}', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(standard.owner))), false))
   FROM (SELECT ${owner} AS owner) AS standard LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'public') AS "publicSchema",
 (SELECT COALESCE(pg_catalog.round(sum(GREATEST(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0))::numeric), 0)
   FROM pg_catalog.pg_class c JOIN space n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm')) AS "estimatedRows",
 (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.format('%I.%I', n.nspname, c.relname)), '[]')
   FROM pg_catalog.pg_class c JOIN space n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND c.reltuples < 0 AND pg_catalog.pg_stat_get_live_tuples(c.oid) = 0) AS "withoutStatistics") AS facts`;
}
