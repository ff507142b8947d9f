import { createHash } from "node:crypto";
import { Failure } from "../../core/failure/failure.ts";
import type { Applied } from "../../core/migrations/history.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { AnswerNotUnderstood, type Row, ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { plainName, type TableNames } from "./history-table.ts";

/**
 * Reads the rows of the history; sent before it is known whether the table exists, to save a round trip. If they are as
 * expected, by a digest, the server returns only that: ten thousand rows need not travel to learn that nothing is
 * pending. Returns the server's error instead of throwing it, as the table may be missing.
 */
export async function readHistory(
  session: Session,
  { history }: TableNames,
  expected: readonly Applied[],
): Promise<readonly Applied[] | ServerFailure> {
  try {
    const rows = await session.query(readSql(historySql(history, digestOf(expected))));
    return rows[0]?.row === AS_EXPECTED ? expected : rows.flatMap(toHistory);
  } catch (error) {
    if (error instanceof ServerFailure) return error;
    throw error;
  }
}

const AS_EXPECTED = '"same"';

/** Rows per list: rows sent one by one cost the receiver several times as much. */
const LIST_LENGTH = 1_000;

/**
 * A table made by hand may lack columns. A name that the subquery's own table lacks is looked up in the outer query, so
 * that a missing column is NULL and not an error. The digest covers the versions in byte order.
 */
function historySql(history: string, expected: string): string {
  return `WITH h AS NOT MATERIALIZED(SELECT h.* FROM
json_to_record('{}')lacking(version text,applied_at timestamp,description text,checksum text,duration_ms int8,applied_by text,
tool_version text,down_script text),
LATERAL(SELECT version::text,applied_at,description,checksum,duration_ms,applied_by,tool_version,
down_script IS NOT NULL has_down FROM ONLY ${history})h),
cmp AS(SELECT COALESCE(encode(sha256(convert_to(string_agg(
version||':'||COALESCE(checksum::text,''),',' ORDER BY version COLLATE "C"),'UTF8')),'base64')='${expected}',false) same FROM h)
SELECT json_agg(h)::text AS row FROM(SELECT h,(row_number()OVER()-1)/${LIST_LENGTH} n
FROM h WHERE NOT(SELECT same FROM cmp))r GROUP BY n
UNION ALL SELECT '${AS_EXPECTED}' FROM cmp WHERE same`;
}

function digestOf(history: readonly Applied[]): string {
  const inOrder = [...history].sort((left, right) => (left.version < right.version ? -1 : 1));
  const lines = inOrder.map(({ version, checksum }) => `${version}:${checksum ?? ""}`);
  return createHash("sha256").update(lines.join(","), "utf8").digest("base64");
}

/** Rows come as JSON texts, so that no type parser or name transform of a caller's own driver touches them. */
function toHistory(row: Row): Applied[] {
  return jsonAnswer<Record<string, unknown>[]>(row.row, ["list of", {}]).map((values) => {
    if (!("version" in values)) throw new AnswerNotUnderstood("a row of the history without a version");
    return {
      version: String(values.version),
      appliedAt: textOrNull(values.applied_at) ?? "",
      description: textOrNull(values.description),
      checksum: textOrNull(values.checksum),
      durationMs: typeof values.duration_ms === "number" ? values.duration_ms : null,
      appliedBy: textOrNull(values.applied_by),
      toolVersion: textOrNull(values.tool_version),
      hasDownScript: values.has_down === true,
    };
  });
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** The failure for a table of pgstep's that cannot be read. @param quoted its name as SQL text, with its schema */
export function cannotRead(quoted: string, role: string, cause: ServerFailure): Failure {
  const { server } = cause;
  const table = plainName(quoted);
  const what = `Cannot read ${table}: ${server.message}`;
  if (server.code === "42501") {
    const schema = quoted.slice(0, quoted.lastIndexOf('."'));
    const grantee = sqlName(role);
    const usage = schema === '"public"' ? "" : `GRANT USAGE ON SCHEMA ${plainName(schema)} TO ${grantee}; `;
    return new Failure("privilege-missing", what, {
      hint: `Connect as its owner, or run: ${usage}GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${grantee};`,
      server,
      cause,
    });
  }
  const hint =
    HINTS[server.code] ?? HINTS[server.code.slice(0, 2)] ?? "Check the server's log, then run the command again.";
  return new Failure("statement-failed", `${what} (${server.code})`, { hint, server, cause });
}

/** By SQLSTATE or its class. */
const HINTS: Readonly<Record<string, string>> = {
  "55P03": "Another session has the table locked. Run the command again at a quieter time.",
  "57014": "Something cancelled the read. Run the command again.",
  "40": "Another session was in conflict with the read. Run the command again.",
  "53": "The server is short of memory, disk space or connections. Run the command again when it has recovered.",
  "58": "The server cannot read its own files. Check the server's log before you do anything else.",
  XX: "The table or one of its indexes may be damaged. Check the server's log, and the table with pg_amcheck.",
};
