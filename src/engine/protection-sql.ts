import type { TableNames } from "./history-table.ts";

/** The setting of a database that protects it; a dump of its contents does not have it. */
export const PROTECTION_SETTING = "pgstep.protected";

/** Holds when a setting of the database protects it, whatever a role or a session has set. */
export const PROTECTED_BY_SETTING = `EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
 WHERE d.datname = pg_catalog.current_database() AND s.setrole = 0 AND '${PROTECTION_SETTING}=on' = ANY (s.setconfig))`;

/** Holds when a table protects it, as one does where the role may not change settings of the database. */
export function protectedByTableSql({ protection }: TableNames): string {
  return `pg_catalog.to_regclass(${protection}) IS NOT NULL`;
}
