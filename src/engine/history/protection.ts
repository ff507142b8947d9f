import { shellWord } from "../../core/command-line/consent.ts";
import { Failure } from "../../core/failure/failure.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { TableNames } from "./history-table.ts";

/** The setting of a database that protects it; a dump of its contents does not include it. */
export const PROTECTION_SETTING = "pgstep.protected";

/** SQL of the oids of this database and of the schema of pgstep's tables. The conditions here are for `readSql`. */
export interface Oids {
  readonly database: string;
  readonly schema: string;
}

/** True if a setting of the database protects it, whatever a role or a session has set. */
export function protectedBySettingSql({ database }: Oids): string {
  return `EXISTS(SELECT FROM pg_db_role_setting WHERE setdatabase=${database} AND setrole=0 AND '${PROTECTION_SETTING}=on'=ANY(setconfig))`;
}

/** The name of the table that protects it, which is used if the role may not change settings of the database. */
export function protectionTableSql({ protectionStem }: TableNames, { database }: Pick<Oids, "database">): string {
  return `concat(${quoteText(protectionStem)},${database})`;
}

/** True if that table exists. */
export function protectedByTableSql(names: TableNames, { database, schema }: Oids): string {
  return `EXISTS(SELECT FROM pg_class WHERE relnamespace=${schema} AND relname=${protectionTableSql(names, { database })}::name)`;
}

/** @throws Failure protected, when the database is marked */
export function requireUnprotected(
  { isProtected, name }: { readonly isProtected: boolean; readonly name: string },
  doing: string,
): void {
  if (!isProtected) return;
  throw new Failure("protected", `Cannot ${doing} ${name}: the database is protected`, {
    hint: `If this is the database you mean, unprotect it first: pgstep unprotect --confirm ${shellWord(name)}`,
  });
}
