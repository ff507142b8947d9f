import type { RecordedRepeatable } from "../../core/repeatable/repeatable.ts";
import { readInUsersPathSql } from "../../core/sql/own-sql.ts";
import { equals, quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { NOW_UTC, type TableNames } from "../history/history-table.ts";
import { jsonAnswer } from "../session/json-answer.ts";

const UNDEFINED_TABLE = "42P01";

/** A condition on a record: one of its views no longer exists. */
export const IS_DROPPED =
  "EXISTS (SELECT FROM pg_catalog.unnest(views) AS v(name) WHERE pg_catalog.to_regclass(v.name) IS NULL)";

/** The records of repeatable migrations; none if the table does not exist yet. */
export async function readRecords(session: Session, { repeatable }: TableNames): Promise<RecordedRepeatable[]> {
  try {
    const [row] = await session.query(
      readInUsersPathSql(
        `SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('name', name, 'checksum', checksum, 'appliedAt', applied_at, 'isDropped', ${IS_DROPPED})), '[]')::pg_catalog.text AS row FROM ONLY ${repeatable}`,
      ),
    );
    return jsonAnswer<RecordedRepeatable[]>(row?.row, [
      "list of",
      { name: "text", checksum: "text?", appliedAt: "text", isDropped: "boolean" },
    ]);
  } catch (error) {
    if (error instanceof ServerFailure && error.server.code === UNDEFINED_TABLE) return [];
    throw error;
  }
}

/** Those of these views that exist; names are SQL text. @throws ServerFailure */
export async function readViewsThere(session: Session, views: readonly string[]): Promise<Set<string>> {
  if (views.length === 0) return new Set();
  const [row] = await session.query(`SELECT pg_catalog.array_to_json(${thereAmong(views)})::text AS row`);
  return new Set(jsonAnswer<string[]>(row?.row, ["list of", "text"]));
}

/** Creates the table if it is missing. */
export function createRecordsSql({ repeatable }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${repeatable} (name text PRIMARY KEY, checksum text, applied_at timestamp without time zone NOT NULL, applied_by text, tool_version text, views text[] NOT NULL)`;
}

/** Creates the table if it is missing, and forgets the files that are missing. */
export function recordsSql(names: TableNames, { missing }: { readonly missing: readonly string[] }): string[] {
  return [createRecordsSql(names), ...(missing.length > 0 ? [forgetSql(names, missing)] : [])];
}

/** The record of an applied file. */
export interface Recording {
  readonly name: string;
  readonly checksum: string;
  readonly toolVersion: string;
  /** As SQL text; views that no longer exist at that moment (temporary, dropped) are left out. */
  readonly views: readonly string[];
}

export function recordSql({ repeatable }: TableNames, { name, checksum, toolVersion, views }: Recording): string {
  const values = [
    quoteText(name),
    quoteText(checksum),
    NOW_UTC,
    "session_user",
    quoteText(toolVersion),
    thereAmong(views),
  ];
  const columns = ["checksum", "applied_at", "applied_by", "tool_version", "views"];
  return `INSERT INTO ${repeatable} (name, ${columns.join(", ")}) VALUES (${values.join(", ")}) ON CONFLICT (name) DO UPDATE SET ${columns.map((column) => `${column} = EXCLUDED.${column}`).join(", ")}`;
}

/** SQL for an array of those of these relations that exist, in this order. */
export function thereAmong(relations: readonly string[]): string {
  return `ARRAY(SELECT v.name FROM pg_catalog.unnest(ARRAY[${relations.map(quoteText).join(", ")}]::pg_catalog.text[]) WITH ORDINALITY AS v(name, place) WHERE pg_catalog.to_regclass(v.name) IS NOT NULL ORDER BY v.place)`;
}

export function forgetSql({ repeatable }: TableNames, names: readonly string[]): string {
  return `DELETE FROM ONLY ${repeatable} WHERE ${equals("name", `ANY (ARRAY[${names.map(quoteText).join(", ")}])`)}`;
}

/** Marks all of them to be applied again, because the schema under them has changed. */
export function forgetAllSql({ repeatable }: TableNames): string {
  return `UPDATE ONLY ${repeatable} SET checksum = NULL WHERE checksum IS NOT NULL`;
}
