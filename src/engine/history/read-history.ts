import { createHash } from "node:crypto";
import { Failure } from "../../core/failure/failure.ts";
import type { Applied, Unfinished } from "../../core/migrations/history.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { AnswerNotUnderstood, ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { plainName, type TableNames } from "./history-table.ts";

/** The history as it would be if every file were applied unchanged. Of its rows only versions and checksums count. */
export interface ExpectedHistory {
  readonly rows: readonly Applied[];
  /** At most so many slices are compared. More cost bytes in the query and save some where only a few rows differ. */
  readonly slices: number;
}

/**
 * Reads the rows of the history; sent before it is known whether the table exists, to save a round trip. Rows that are
 * as expected do not travel: the server compares a digest for each slice of versions and returns only the rows of
 * slices that differ. Returns the server's error instead of throwing it, as the table may be missing.
 */
export async function readHistory(
  session: Session,
  { history }: TableNames,
  expected: ExpectedHistory,
): Promise<readonly Applied[] | ServerFailure> {
  const slices = slicesOf(expected);
  try {
    const rows = await session.query(readSql(historySql(history, slices)));
    return rows.flatMap(({ row }) => toHistory(row, slices));
  } catch (error) {
    if (error instanceof ServerFailure) return error;
    throw error;
  }
}

/**
 * Reads the history again, with the journal and in one snapshot: the last statement of a migration that runs outside
 * transactions moves its version from the journal to the history. In between, it would seem to be in neither.
 * @param expected undefined if there is no history
 * @param role whom a failure names
 * @throws Failure privilege-missing, statement-failed
 */
export async function readWithJournal(
  session: Session,
  { history, journal }: TableNames,
  expected: ExpectedHistory | undefined,
  role: string,
): Promise<{ readonly history: readonly Applied[]; readonly journal: readonly Unfinished[] }> {
  const slices = expected ? slicesOf(expected) : [];
  const sql = `${expected ? `${historySql(history, slices)} UNION ALL ` : ""}SELECT json_build_object('journal',COALESCE(json_agg(j),'[]'))::text AS row FROM(SELECT DISTINCT version,direction FROM ONLY ${journal})j`;
  try {
    const rows = (await session.query(readSql(sql))).map(({ row }) => row);
    const isJournal = (row: unknown) => typeof row === "string" && row.startsWith("{");
    return {
      history: rows.filter((row) => !isJournal(row)).flatMap((row) => toHistory(row, slices)),
      journal: rows.filter(isJournal).flatMap(toJournal),
    };
  } catch (error) {
    // The history alone could be read.
    throw error instanceof ServerFailure ? cannotRead(journal, role, error) : error;
  }
}

const JOURNAL: Shape = { journal: ["list of", { version: "text", direction: "text" }] };

function toJournal(row: unknown): Unfinished[] {
  const { journal } = jsonAnswer<{ journal: { version: string; direction: string }[] }>(row, JOURNAL);
  return journal.map(({ version, direction }) => {
    if (direction !== "up" && direction !== "down") throw new AnswerNotUnderstood(`the direction ${direction}`);
    return { version, direction };
  });
}

/** About so many rows per list: rows sent one by one cost the receiver several times as much. */
const LIST_LENGTH = 1_000;

/**
 * A table made by hand may lack columns. A name that the subquery's own table lacks is looked up in the outer query, so
 * that a missing column is NULL and not an error. Versions are in byte order.
 */
function historySql(history: string, slices: readonly Slice[]): string {
  const bounds = textArray(slices.slice(1).map(([first]) => first?.version ?? ""));
  return `WITH h AS NOT MATERIALIZED(SELECT h,h.version,h.checksum,width_bucket(h.version,${bounds})n FROM
json_to_record('{}')no(version text,applied_at text,description text,checksum text,duration_ms int8,applied_by text,
tool_version text,down_script text),
LATERAL(SELECT version::text COLLATE "C",applied_at,description,checksum,duration_ms,applied_by,tool_version,
down_script IS NOT NULL down FROM ONLY ${history})h),
s AS(SELECT n FROM h GROUP BY n HAVING left(encode(sha256(convert_to(string_agg(
version||':'||COALESCE(checksum::text,''),',' ORDER BY version),'UTF8')),'base64'),${DIGEST_LENGTH})=
(${textArray(slices.map(digestOf))})[n+1])
SELECT json_agg(n)::text AS row FROM s UNION ALL
SELECT json_agg(h)::text FROM(SELECT h,row_number()OVER()/${LIST_LENGTH} g FROM h WHERE n NOT IN(TABLE s))r GROUP BY g`;
}

function textArray(texts: readonly string[]): string {
  return texts.length === 0 ? "'{}'::text[]" : `ARRAY[${texts.map(quoteText).join(",")}]`;
}

/** A part of the expected rows, in order. */
type Slice = readonly Applied[];

/** The expected rows in byte order, in slices of equal length; a single empty one for none. */
function slicesOf({ rows, slices }: ExpectedHistory): Slice[] {
  const inOrder = [...rows].sort((left, right) => (left.version < right.version ? -1 : 1));
  const length = Math.max(1, Math.ceil(inOrder.length / slices));
  const count = Math.max(1, Math.ceil(inOrder.length / length));
  return Array.from({ length: count }, (_, index) => inOrder.slice(index * length, (index + 1) * length));
}

/** In base64 characters: 96 bits. */
const DIGEST_LENGTH = 16;

function digestOf(slice: Slice): string {
  const lines = slice.map(({ version, checksum }) => `${version}:${checksum ?? ""}`);
  return createHash("sha256").update(lines.join(","), "utf8").digest("base64").slice(0, DIGEST_LENGTH);
}

/**
 * The answer consists of lists of rows and of one list of slice numbers, null if no slice is as expected. The lists are
 * JSON texts, so that no type parser or name transform of a caller's own driver touches them.
 */
function toHistory(row: unknown, slices: readonly Slice[]): Applied[] {
  if (row === null) return [];
  return jsonAnswer<readonly unknown[]>(row, ["list of", "anything"]).flatMap((one) => {
    if (typeof one === "number") return slices[one] ?? [];
    const values: Readonly<Record<string, unknown>> = Object(one);
    if (!("version" in values)) throw new AnswerNotUnderstood("a row of the history without a version");
    return {
      version: String(values.version),
      appliedAt: textOrNull(values.applied_at) ?? "",
      description: textOrNull(values.description),
      checksum: textOrNull(values.checksum),
      durationMs: typeof values.duration_ms === "number" ? values.duration_ms : null,
      appliedBy: textOrNull(values.applied_by),
      toolVersion: textOrNull(values.tool_version),
      hasDownScript: values.down === true,
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
