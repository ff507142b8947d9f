import type { Finding } from "../../core/failure/failure.ts";
import { type OtherTable, plainName } from "../../core/import/other-history.ts";
import { versionKey } from "../../core/migrations/version.ts";
import { enumeration } from "../../core/text/display.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { findHistories, readOtherHistory } from "./find-histories.ts";
import type { TableNames } from "./history-table.ts";
import { importedFromSql } from "./journal.ts";
import type { DatabaseState } from "./read-state.ts";

/**
 * A warning if the other tool, whose history was imported, has applied more since.
 * @param isImported see `DatabaseState`; without it nothing is read
 */
export async function appliedSinceImport(
  session: Session,
  { isImported }: Pick<DatabaseState, "isImported">,
  names: TableNames,
): Promise<Finding[]> {
  if (!isImported) return [];
  const [imported] = await session.query(importedFromSql(names));
  const name = String(imported?.name);
  const dot = name.indexOf(".");
  const tables = await findHistories(session, { schema: name.slice(0, dot), table: name.slice(dot + 1) });
  const other = tables.find((one) => plainName(one) === name);
  if (!other) return [];
  const read = await readOtherHistory(session, other).catch((error: unknown) => {
    if (error instanceof ServerFailure) return error.server.message;
    throw error;
  });
  if (typeof read === "string") return [unknown(other, read)];
  const { entries } = read;
  const rows = await session.query(`SELECT version::pg_catalog.text AS version FROM ONLY ${names.history}`);
  const known = new Set(rows.map(({ version }) => versionKey(String(version))));
  const more = new Map(
    entries.flatMap(({ version, applied, about }) =>
      version === null || about === "repeatable" ? [] : [[versionKey(version), applied && version] as const],
    ),
  );
  const added = [...more].flatMap(([key, version]) => (version !== false && !known.has(key) ? [version] : []));
  if (added.length === 0) return [];
  return [
    {
      rule: "other-history",
      severity: "warning",
      message: `${other.tool} has applied migrations since pgstep imported its history: ${enumeration(added)} (${name})`,
      hint: `Stop ${other.tool}; then record each of them: pgstep resolve <version> --applied`,
    },
  ];
}

function unknown(other: OtherTable, reason: string): Finding {
  return {
    rule: "other-history",
    severity: "warning",
    message: `pgstep cannot see whether ${other.tool} has applied more migrations: ${reason} (${plainName(other)})`,
    hint: `Let the role read ${plainName(other)}; or drop the table, if ${other.tool} is not used any more.`,
  };
}
