import type { Settings } from "../../core/configuration/settings.ts";
import type { Catalog, CatalogRelation } from "../../core/migrations/relation-conflicts.ts";
import { readInUsersPathSql, readSql } from "../../core/sql/own-sql.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { noMember, userObjectsSql } from "../catalog/user-objects.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { HISTORY_TABLES, type HistoryTable, historyOwner } from "./history-owner.ts";
import { HISTORY_COLUMNS, ownTablesSql, tableNames } from "./history-table.ts";
import { type DatabaseState, readState } from "./read-state.ts";

/** The relations of a database whose history is missing or empty, besides pgstep's own and those of extensions. */
export interface Occupants extends Catalog {
  /** Tables in which another run or another tool has recorded migrations. */
  readonly histories: readonly RecordedHistory[];
  readonly tables: readonly CatalogRelation[];
}

export interface RecordedHistory extends HistoryTable {
  /** The tool's name; undefined for a table of the history's own shape. */
  readonly tool: string | undefined;
}

/** True if no migration has been recorded here. */
export function isFirstRun({ history, unfinished }: DatabaseState): boolean {
  return history.length === 0 && unfinished.length === 0;
}

/**
 * Reads what else is in the database of a first run, in one round trip.
 * @returns undefined if another run has begun since the state was read
 */
export async function readOccupants(session: Session, settings: Settings): Promise<Occupants | undefined> {
  // Another run may have created the relations since. The history, which is read after them, shows that.
  const [rows, state] = await Promise.all([
    session.query(readInUsersPathSql(occupantsSql(settings))),
    readState(session, settings),
  ]);
  if (!isFirstRun(state)) return undefined;
  const answer = jsonAnswer<Answer>(rows[0]?.row, ANSWER);
  const { relations, histories, ...rest } = answer;
  const listed = relations.map(([oid, schema, name, kind, ofService]) => ({ oid, schema, name, kind, ofService }));
  return {
    ...rest,
    relations: listed,
    tables: listed.filter(({ kind, ofService }) => TABLE_KINDS.has(kind) && !ofService),
    histories: await withRows(session, histories.flatMap(recordedHistory)),
  };
}

const TABLE_KINDS: ReadonlySet<string> = new Set(["r", "p", "f"]);

/** The server's answer, in lists, as a database may have very many relations. */
interface Answer extends Omit<Catalog, "relations"> {
  readonly relations: readonly [oid: number, schema: string, name: string, kind: string, ofService: boolean][];
  readonly histories: readonly [schema: string, table: string, columns: string[]][];
}

const ANSWER: Shape = {
  relations: ["list of", ["parts", ["number", "text", "text", "text", "boolean"]]],
  histories: ["list of", ["parts", ["text", "text", ["list of", "text"]]]],
};

/** Services of hosted databases (authentication, storage) keep their own tables and histories in each database. */
const OF_SERVICE = "pg_catalog.pg_get_userbyid(c.relowner) ~ '^(supabase|nhost)_'";

/** Opens no table: the query would wait for one that another session has locked. */
function occupantsSql(settings: Settings): string {
  const own = ownTablesSql(tableNames(settings));
  const texts = (values: readonly string[]) => values.map(quoteText).join(", ");
  return `WITH ${userObjectsSql(own)},
 relation AS (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relnamespace, ${OF_SERVICE} AS of_service
   FROM pg_catalog.pg_class c JOIN space n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I') AND ${noMember("pg_class", "c.oid")} AND c.oid NOT IN (SELECT oid FROM own)),
 history AS (SELECT r.oid, r.nspname, r.relname, (SELECT pg_catalog.json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
   FROM relation r WHERE r.relkind = 'r' AND NOT r.of_service
     AND (pg_catalog.lower(r.relname::pg_catalog.text) IN (${texts(HISTORY_TABLES)}) OR (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = r.oid AND NOT a.attisdropped AND a.attname IN (${texts(HISTORY_COLUMNS)})) = ${HISTORY_COLUMNS.length})
     AND pg_catalog.has_schema_privilege(r.relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(r.oid, 'SELECT')),
 dependency AS (SELECT d.objid AS dependent, d.refobjid AS parent FROM pg_catalog.pg_depend d
   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i', 'n')
   UNION SELECT w.ev_class, d.refobjid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d
     ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
 SELECT pg_catalog.json_build_object('role', current_user, 'searchPath', pg_catalog.current_setting('search_path'),
   'schemas', (SELECT pg_catalog.json_agg(n.nspname) FROM pg_catalog.pg_namespace n),
   'relations', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(r.oid::pg_catalog.int8, r.nspname, r.relname, r.relkind, r.of_service) ORDER BY r.nspname, r.relname) FROM relation r), '[]'),
   'dependencies', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(d.dependent::pg_catalog.int8, d.parent::pg_catalog.int8)) FROM dependency d
     WHERE d.dependent <> d.parent AND d.dependent IN (SELECT oid FROM relation) AND d.parent IN (SELECT oid FROM relation)), '[]'),
   'histories', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(h.nspname, h.relname, h.columns) ORDER BY h.nspname, h.relname) FROM history h), '[]'))::pg_catalog.text AS row`;
}

function recordedHistory([schema, table, columns]: Answer["histories"][number]): RecordedHistory[] {
  const owner = historyOwner({ schema, table, columns });
  return owner === undefined ? [] : [{ schema, table, columns, tool: owner === "pgstep" ? undefined : owner }];
}

/** Keeps the tables with rows. The extra round trip is rare, as the database is then most likely refused. */
async function withRows(session: Session, histories: readonly RecordedHistory[]): Promise<RecordedHistory[]> {
  if (histories.length === 0) return [];
  const tests = histories.map(
    ({ schema, table }) => `EXISTS (SELECT FROM ${quoteIdentifier(schema)}.${quoteIdentifier(table)})`,
  );
  const [row] = await session.query(readSql(`SELECT json_build_array(${tests.join(", ")})::text AS row`));
  const filled = jsonAnswer<boolean[]>(row?.row, ["list of", "boolean"]);
  return histories.filter((_, index) => filled[index]);
}
