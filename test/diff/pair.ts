import { RICH } from "../engine/schema/rich-schema.ts";
import { CHANGES } from "../engine/schema/schema-changes.ts";

/** Two schemas as SQL; each is changed into the other. */
export type Pair = readonly [name: string, before: string, after: string, expected?: Expected];

export interface Expected {
  /** True if pgstep may say that it cannot make the schemas equal. */
  readonly isRefusable?: boolean;
  /** The first major version of PostgreSQL that knows all of the SQL; 14 if absent. */
  readonly since?: number;
}

/**
 * No statement makes an index invalid, or a column of a child an inherited one. Only the owner of a server may disable a
 * foreign key, and plpgsql is the extension of a new database only until it is dropped.
 */
const REFUSABLE: ReadonlySet<string> = new Set([
  "an invalid index",
  "disabled foreign keys",
  "no extension",
  "no parent",
]);

/** A rich schema, without and with one change. */
export const CHANGE_PAIRS: readonly Pair[] = CHANGES.map(([what, sql]) => [
  `rich: ${what}`,
  RICH,
  `${RICH};${sql};`,
  { isRefusable: REFUSABLE.has(what) },
]);
