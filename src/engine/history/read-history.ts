import { createHash } from "node:crypto";
import { Failure } from "../../core/failure/failure.ts";
import type { Applied } from "../../core/migrations/history.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { AnswerNotUnderstood, type Row, ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { plainName, type TableNames } from "./history-table.ts";

/**
 * The rows of the history; sent before it is known whether the table exists, to save a round trip. When they are just as
 * expected the server says only that, by a digest: ten thousand rows need not travel to learn that nothing is pending.
 * Answers the server's refusal, which a table that is not there is the reason for as well.
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

/** Rows in lists of so many: each row alone costs its receiver several times as much. */
const LIST_LENGTH = 1_000;

/**
 * A table made by hand has not all columns. In a subquery a name that its own table does not have is looked up in what
 * stands outside, so that a lacking column is NULL and no error. The digest is of the versions in the order of their bytes.
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

/** Says why a table of pgstep's cannot be read. @param quoted its name as SQL text, with its schema */
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
    HINTS[server.code] ?? HINTS[server.code.slice(0, 2)] ?? "Look into the server's log, then run the command again.";
  return new Failure("statement-failed", `${what} (${server.code})`, { hint, server, cause });
}

/** By SQLSTATE, or by its class. */
const HINTS: Readonly<Record<string, string>> = {
  "55P03": "Another session has the table locked. Run the command again at a quieter time.",
  "57014": "Something cancelled the read. Run the command again.",
  "40": "Another session was in conflict with the read. Run the command again.",
  "53": "The server is short of memory, disk space or connections. Run the command again when it has recovered.",
  "58": "The server cannot read its own files. Look into the server's log before you do anything else.",
  XX: "The table or an index of it may be damaged. Look into the server's log, and check the table with pg_amcheck.",
};
