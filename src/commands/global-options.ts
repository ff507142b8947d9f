import type { Option } from "../core/command.ts";

/** Options that every command has. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    name: "url",
    value: "url",
    summary: "the database: postgres://user@host/database, pglite:<directory> or pglite:memory",
    variable: "PGSTEP_URL, DATABASE_URL",
  },
  {
    name: "dir",
    value: "directory",
    summary: "where the migrations are (database/migrations)",
    variable: "PGSTEP_DIR",
  },
  { name: "schema", value: "name", summary: "schema of the history table (public)", variable: "PGSTEP_SCHEMA" },
  {
    name: "table",
    value: "name",
    summary: "name of the history table (schema_migrations)",
    variable: "PGSTEP_TABLE",
  },
  { name: "env", value: "name", summary: "the environment, e.g. production", variable: "PGSTEP_ENV" },
  { name: "json", summary: "one JSON object a line on standard output, the last one the result" },
  { name: "verbose", summary: "tell more" },
  { name: "no-color", summary: "no colours", variable: "NO_COLOR" },
  { name: "ascii", summary: "no characters beyond ASCII of pgstep's own" },
  { name: "help", letter: "h", summary: "show help" },
  { name: "version", letter: "v", summary: "show pgstep's version" },
];
