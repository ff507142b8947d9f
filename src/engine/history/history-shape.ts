import type { Settings } from "../../core/configuration/settings.ts";
import { Failure } from "../../core/failure/failure.ts";
import { isImportable } from "../../core/import/other-history.ts";
import { toolOfColumns } from "./history-owner.ts";
import {
  ADDED_COLUMNS,
  COLUMNS_BESIDE,
  HISTORY_COLUMNS,
  plainName,
  type TableBeside,
  type TableNames,
} from "./history-table.ts";

export interface TableColumn {
  readonly name: string;
  /** As `format_type` spells it, without a length. */
  readonly type: string;
  /** NOT NULL and without default: an INSERT that does not name it fails. */
  readonly required: boolean;
  /** A valid unique index is on this column alone. */
  readonly unique: boolean;
}

const TEXT_TYPES = ["character varying", "text", "character"];
const TIME_TYPES = ["timestamp without time zone"];

/**
 * Accepts a history table made by hand, by an older runner or by pgstep. Never writes to any other table.
 * @param kind pg_class.relkind
 * @throws Failure history-foreign
 */
export function checkHistoryShape(settings: Settings, kind: string, columns: readonly TableColumn[]): void {
  const problem = shapeProblem(kind, columns);
  if (!problem) return;
  const table = `${settings.schema}.${settings.table}`;
  const tool = toolOfColumns(columns.map(({ name }) => name));
  const take =
    tool !== undefined && isImportable({ tool }) ? "To take it over: pgstep import. Otherwise choose" : "Choose";
  throw new Failure("history-foreign", `Cannot use ${table} as the history: ${problem}`, {
    hint: `${take} another table: pgstep --table pgstep_history. For a database whose migrations are already applied, record them there: pgstep baseline <version> --table pgstep_history.`,
  });
}

/**
 * Accepts one of pgstep's other tables. Another tool's table of that name is never read or written.
 * @param kind pg_class.relkind
 * @throws Failure history-foreign
 */
export function checkShapeBeside(
  names: TableNames,
  table: TableBeside,
  kind: string,
  columns: readonly TableColumn[],
): void {
  const own: readonly string[] = COLUMNS_BESIDE[table];
  const has = columns.map(({ name }) => name);
  const problem = kind === "r" ? `its columns are ${has.join(", ")}` : "it is not an ordinary table";
  if (kind === "r" && own.every((name) => has.includes(name))) return;
  throw new Failure(
    "history-foreign",
    `Cannot use ${plainName(names[table])}: pgstep needs a table of this name, and this one is not pgstep's (${problem})`,
    {
      hint: `Rename the table, or choose another name for the history: pgstep --table pgstep_history.`,
    },
  );
}

function shapeProblem(kind: string, columns: readonly TableColumn[]): string | undefined {
  if (kind !== "r") return "it is not an ordinary table";
  const names = columns.map((column) => column.name);
  const lacking = HISTORY_COLUMNS.filter((name) => !names.includes(name));
  if (lacking.length > 0) return `${foreignOwner(columns)} (its columns are ${names.join(", ")})`;
  const byName = new Map(columns.map((column) => [column.name, column]));
  const wrongType = (name: string, types: readonly string[]) => {
    const type = byName.get(name)?.type ?? "";
    return types.includes(type) ? undefined : `its column ${name} is ${type}, not ${types[0]}`;
  };
  const typeProblem =
    wrongType("version", TEXT_TYPES) ??
    wrongType("applied_at", TIME_TYPES) ??
    wrongType("description", TEXT_TYPES) ??
    Object.entries(ADDED_COLUMNS)
      .filter(([name]) => byName.has(name))
      .map(([name, type]) => wrongType(name, [type]))
      .find((problem) => problem !== undefined);
  if (typeProblem) return typeProblem;
  const ours: readonly string[] = [...HISTORY_COLUMNS, ...Object.keys(ADDED_COLUMNS)];
  const demanding = columns.find((column) => column.required && !ours.includes(column.name));
  if (demanding) return `its column ${demanding.name} needs a value that pgstep does not know`;
  if (!byName.get("version")?.unique) {
    return "its column version has no primary key or unique constraint, so that a migration could be recorded twice";
  }
  return undefined;
}

function foreignOwner(columns: readonly TableColumn[]): string {
  const tool = toolOfColumns(columns.map(({ name }) => name));
  if (tool === undefined) return "it belongs to another tool";
  return tool.includes(" or ") ? `it looks like that of ${tool}` : `it looks like ${tool}'s`;
}
