import { quoteIdentifier } from "../sql/quote.ts";

/** A table in which another tool records migrations. */
export interface OtherTable {
  /** The tool, as `historyOwner` names it. */
  readonly tool: string;
  readonly schema: string;
  readonly table: string;
}

/** An entry of such a table, in the order in which the tool wrote them. */
export interface OtherEntry {
  /** The version, or the name of a repeatable migration; null for entries that are about no file. */
  readonly version: string | null;
  /** UTC, ISO 8601 without offset; null if the tool does not record it. */
  readonly at: string | null;
  /** False if the entry says that the migration was undone. */
  readonly applied: boolean;
  /** What is wrong with the migration, for a message: "is marked dirty". */
  readonly problem: string | null;
  /** The checksum of the file when it was applied, as the tool writes it. */
  readonly checksum: string | null;
  /**
   * - one: the entry is about this migration alone
   * - upTo: the migration and all before it
   * - repeatable: `version` is the file's name
   */
  readonly about: "one" | "upTo" | "repeatable";
}

/** How to read the history of a tool. */
interface Reading {
  /** The columns of `OtherEntry`, each as an SQL expression; those that are missing have their default. */
  readonly columns: Partial<Record<keyof OtherEntry, string>>;
  readonly order: string;
  readonly where?: string;
  /** What to do about a problem. */
  readonly remedy: string;
}

const DEFAULTS: Readonly<Record<keyof OtherEntry, string>> = {
  version: "version::text",
  at: "NULL::text",
  applied: "true",
  problem: "NULL::text",
  checksum: "NULL::text",
  about: "'one'",
};

/** A time without zone, in that of the session, as these tools write the current time. */
function utc(column: string): string {
  return isoText(`timezone('UTC', ${column}::timestamptz)`);
}

function isoText(timestamp: string): string {
  return `to_char(${timestamp}, 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
}

const READINGS: Readonly<Record<string, Reading>> = {
  "golang-migrate": {
    columns: { about: "'upTo'", problem: "CASE WHEN dirty THEN 'is marked dirty: golang-migrate failed in it' END" },
    order: "version",
    remedy: "Find out what of it took effect, undo or complete that, then run: migrate force <version>.",
  },
  goose: {
    columns: { version: "version_id::text", at: utc("tstamp"), applied: "is_applied" },
    order: "id",
    where: "version_id > 0",
    remedy: "",
  },
  "Rails or dbmate": { columns: {}, order: "version", remedy: "" },
  Flyway: {
    columns: {
      version: "COALESCE(version::text, regexp_replace(script, '^.*/|\\.sql$', '', 'g'))",
      at: utc("installed_on"),
      applied: "type NOT IN ('UNDO_SQL', 'UNDO_JDBC', 'UNDO_SCRIPT', 'DELETE')",
      problem: "CASE WHEN NOT success THEN 'is marked failed' END",
      checksum: "checksum::text",
      about: "CASE WHEN version IS NULL THEN 'repeatable' WHEN type LIKE '%BASELINE' THEN 'upTo' ELSE 'one' END",
    },
    order: "installed_rank",
    where: "type <> 'SCHEMA'",
    remedy: "Undo what of it took effect, then run: flyway repair.",
  },
  sqlx: {
    columns: {
      at: isoText("timezone('UTC', installed_on)"),
      problem: "CASE WHEN NOT success THEN 'is marked failed: sqlx applied it in part' END",
      checksum: "encode(checksum, 'hex')",
    },
    order: "version",
    remedy: "Undo what of it took effect, then delete its row from _sqlx_migrations.",
  },
  Prisma: {
    columns: {
      version: "migration_name::text",
      at: isoText("timezone('UTC', finished_at)"),
      problem: "CASE WHEN finished_at IS NULL THEN 'was started and did not finish' END",
      checksum: "checksum::text",
    },
    order: "started_at",
    where: "rolled_back_at IS NULL",
    remedy: "Run: prisma migrate resolve --applied <name>, or --rolled-back <name>.",
  },
  Diesel: {
    // The form that the files' versions have, with a dash after the seconds.
    columns: { version: "regexp_replace(version, '^(\\d{14})(\\d+)$', '\\1-\\2')", at: utc("run_on") },
    order: "version",
    remedy: "",
  },
};

/** True if pgstep can take over this tool's history. */
export function isImportable({ tool }: Pick<OtherTable, "tool">): boolean {
  return readingOf(tool) !== undefined;
}

/** The tables of dbmate and Rails are alike. */
function readingOf(tool: string): Reading | undefined {
  return READINGS[tool === "dbmate" || tool.startsWith("Rails") ? "Rails or dbmate" : tool];
}

export function remedyOf({ tool }: OtherTable): string {
  return readingOf(tool)?.remedy ?? "";
}

/** A query for the entries as a JSON text in the column "row", and for a digest of the table. Needs pgstep's search path. */
export function entriesSql(other: OtherTable): string {
  const reading = readingOf(other.tool);
  if (!reading) throw new Error(`the history of ${other.tool} cannot be read`);
  const all = { ...DEFAULTS, ...reading.columns };
  const columns = Object.entries(all).map(([name, sql]) => `${sql} AS ${name}`);
  const where = reading.where === undefined ? "" : ` WHERE ${reading.where}`;
  const entries = `SELECT ${columns.join(", ")} FROM ONLY ${nameOf(other)}${where} ORDER BY ${reading.order}`;
  return `SELECT json_build_object('entries', COALESCE((SELECT json_agg(row_to_json(e)) FROM (${entries}) e), '[]'), 'digest', ${digestSql(other)})::text AS row`;
}

/** Changes when the table does. */
export function digestSql(other: OtherTable): string {
  return `(SELECT pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(t::pg_catalog.text, ',' ORDER BY t::pg_catalog.text), 'UTF8'))) FROM ONLY ${nameOf(other)} t)`;
}

export function nameOf({ schema, table }: Pick<OtherTable, "schema" | "table">): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

export function plainName({ schema, table }: Pick<OtherTable, "schema" | "table">): string {
  return `${schema}.${table}`;
}
