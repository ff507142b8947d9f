import { HISTORY_COLUMNS } from "./history-table.ts";

/** A table that may be the history of a tool. */
export interface HistoryTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

interface KnownTool {
  readonly tool: string;
  /** The usual names of its table, in lower case. A common name counts only together with the columns. */
  readonly tables: readonly string[];
  /** Enough of its columns to identify it, the most specific first, in lower case. */
  readonly columns: readonly string[];
}

const KNOWN_TOOLS: readonly KnownTool[] = [
  { tool: "golang-migrate", tables: ["schema_migrations"], columns: ["version", "dirty"] },
  {
    tool: "Flyway",
    tables: ["flyway_schema_history", "schema_version"],
    columns: ["installed_rank", "version", "script"],
  },
  { tool: "Liquibase", tables: ["databasechangelog"], columns: ["orderexecuted", "md5sum"] },
  { tool: "goose", tables: ["goose_db_version"], columns: ["version_id", "is_applied"] },
  { tool: "sqlx", tables: ["_sqlx_migrations"], columns: ["version", "installed_on", "execution_time"] },
  { tool: "Prisma", tables: ["_prisma_migrations"], columns: ["migration_name", "applied_steps_count"] },
  { tool: "Diesel", tables: ["__diesel_schema_migrations"], columns: ["version", "run_on"] },
  { tool: "Ecto", tables: ["schema_migrations"], columns: ["version", "inserted_at"] },
  { tool: "Supabase", tables: ["schema_migrations"], columns: ["version", "statements"] },
  { tool: "node-pg-migrate", tables: ["pgmigrations"], columns: ["name", "run_on"] },
  { tool: "Drizzle", tables: ["__drizzle_migrations"], columns: ["hash", "created_at"] },
  { tool: "Knex", tables: ["knex_migrations"], columns: ["name", "batch", "migration_time"] },
  { tool: "Django", tables: ["django_migrations"], columns: ["app", "name", "applied"] },
  { tool: "Graphile Migrate", tables: ["migrations"], columns: ["hash", "previous_hash"] },
  { tool: "Laravel", tables: ["migrations"], columns: ["migration", "batch"] },
  { tool: "TypeORM", tables: ["migrations", "typeorm_migrations"], columns: ["timestamp", "name"] },
  { tool: "MikroORM", tables: ["mikro_orm_migrations"], columns: ["name", "executed_at"] },
  { tool: "Sequelize", tables: ["sequelizemeta"], columns: ["name"] },
  { tool: "Alembic", tables: ["alembic_version"], columns: ["version_num"] },
  { tool: "Sqitch", tables: ["changes"], columns: ["change_id", "script_hash"] },
  { tool: "sql-migrate", tables: ["gorp_migrations"], columns: ["id", "applied_at"] },
  { tool: "refinery", tables: ["refinery_schema_history"], columns: ["version", "applied_on", "checksum"] },
  { tool: "Entity Framework", tables: ["__efmigrationshistory"], columns: ["migrationid", "productversion"] },
  { tool: "Atlas", tables: ["atlas_schema_revisions"], columns: ["version", "operator_version"] },
  { tool: "Doctrine", tables: ["doctrine_migration_versions"], columns: ["version", "executed_at"] },
  { tool: "Phinx", tables: ["phinxlog"], columns: ["version", "migration_name"] },
  { tool: "yoyo", tables: ["_yoyo_migration"], columns: ["migration_hash", "migration_id"] },
  { tool: "tern", tables: ["schema_version"], columns: ["version"] },
];

/** Rails and dbmate have only the version; Rails makes it varchar without a length, dbmate varchar(128). */
const VERSION_ONLY = "Rails, dbmate or Sequel";
const VERSION_ONLY_TABLES = ["schema_migrations", "schema_info"];

/** The names that the histories of known tools usually have, in lower case. */
export const HISTORY_TABLES: readonly string[] = [
  ...new Set([...KNOWN_TOOLS.flatMap(({ tables }) => tables), ...VERSION_ONLY_TABLES]),
];

/** The tool that has a table with these columns, whatever its name; undefined if none is known. */
export function toolOfColumns(columns: readonly string[]): string | undefined {
  const names = columns.map((column) => column.toLowerCase());
  const known = KNOWN_TOOLS.find((tool) => tool.columns.length > 1 && hasColumns(tool, names));
  return known?.tool ?? (isVersionOnly(names) ? VERSION_ONLY : undefined);
}

/**
 * The tool that keeps its history in this table: "pgstep" for the columns of our history, whatever the table's name; a
 * known tool for its name and columns; undefined for an ordinary table.
 */
export function historyOwner({ table, columns }: HistoryTable): string | undefined {
  const names = columns.map((column) => column.toLowerCase());
  if (HISTORY_COLUMNS.every((name) => columns.includes(name))) return "pgstep";
  const name = table.toLowerCase();
  const known = KNOWN_TOOLS.find((tool) => tool.tables.includes(name) && hasColumns(tool, names));
  return known?.tool ?? (VERSION_ONLY_TABLES.includes(name) && isVersionOnly(names) ? VERSION_ONLY : undefined);
}

function hasColumns({ columns }: KnownTool, names: readonly string[]): boolean {
  return columns.every((name) => names.includes(name));
}

function isVersionOnly(names: readonly string[]): boolean {
  return names.length === 1 && names[0] === "version";
}
