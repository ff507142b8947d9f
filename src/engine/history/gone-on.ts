import type { Finding } from "../../core/failure/failure.ts";
import { type OtherTable, plainName } from "../../core/import/other-history.ts";
import { versionKey } from "../../core/migrations/version.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Session } from "../../ports/session.ts";
import { findHistories, readOtherHistory } from "./find-histories.ts";

const IMPORTED_FROM = ", imported from ";

/** What pgstep writes as the version of the tool that applied a migration. */
export function importedBy(toolVersion: string, other: OtherTable): string {
  return `${toolVersion}${IMPORTED_FROM}${plainName(other)}`;
}

/** The rows of the history, as far as they were read. */
type Rows = readonly { readonly version: string; readonly toolVersion: string | null }[];

/**
 * A warning if the other tool, whose history was taken over, has applied more since. Asks the server only if the history
 * has imported rows.
 */
export async function goneOn(session: Session, history: Rows): Promise<Finding[]> {
  const names = new Set(history.flatMap(({ toolVersion }) => toolVersion?.split(IMPORTED_FROM)[1] ?? []));
  if (names.size === 0) return [];
  const [name = ""] = names;
  const dot = name.indexOf(".");
  const tables = await findHistories(session, { schema: name.slice(0, dot), table: name.slice(dot + 1) });
  const other = tables.find((one) => plainName(one) === name);
  if (!other) return [];
  const { entries } = await readOtherHistory(session, other);
  const known = new Set(history.map(({ version }) => versionKey(version)));
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
      message: `${other.tool} has applied migrations since pgstep took its history over: ${enumeration(added)} (${name})`,
      hint: `Stop ${other.tool}; then record each of them: pgstep resolve <version> --applied`,
    },
  ];
}
