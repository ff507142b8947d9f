import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { READ_ONLY_SQL, type SettingOrigin } from "../history/read-only.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer } from "../session/json-answer.ts";

/** Facts about the server, the role, and the schema and tables of pgstep. */
export interface ServerFacts {
  readonly processId: number;
  readonly version: string;
  readonly role: string;
  readonly loginRole: string;
  readonly database: string;
  /** The authentication method; null before PostgreSQL 16, which does not report it. */
  readonly method: string | null;
  readonly isSuperuser: boolean;
  readonly bypassesRowSecurity: boolean;
  readonly isStandby: boolean;
  /** Null if transactions are read-write by default. */
  readonly readOnly: SettingOrigin | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly eventTriggers: readonly string[];
  readonly mayCreateSchema: boolean;
  readonly schemaExists: boolean;
  readonly mayUseSchema: boolean;
  readonly mayCreateInSchema: boolean;
  readonly mayMakeTemporary: boolean;
  readonly tables: readonly TableFacts[];
  /** Owners of tables in the schema whose privileges our role does not have. */
  readonly otherOwners: readonly { readonly owner: string; readonly tables: number; readonly isSuperuser: boolean }[];
  readonly invalidIndexes: readonly string[];
}

/** An existing table of pgstep's. */
export interface TableFacts {
  readonly name: string;
  readonly owner: string;
  readonly isOwned: boolean;
  readonly hasRowSecurity: boolean;
  /** The privileges that the role lacks, of SELECT, INSERT, UPDATE, DELETE. */
  readonly lacking: readonly string[];
}

const SETTINGS = [
  "server_encoding",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "transaction_timeout",
  "session_replication_role",
  "default_transaction_isolation",
];

/** Reads all facts in one round trip. */
export async function readFacts({ settings }: DatabaseContext, session: Session): Promise<ServerFacts> {
  const names = tableNames(settings);
  const schema = quoteText(settings.schema);
  const tables = [names.history, names.journal, names.lease, names.repeatable].map(quoteText).join(", ");
  const method =
    session.backend.serverVersion >= 160000 ? "COALESCE(pg_catalog.split_part(system_user, ':', 1), 'trust')" : "NULL";
  const oid = `(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${schema})`;
  const [row] = await session.query(
    readSql(`SELECT pg_catalog.row_to_json(facts)::text AS facts FROM (SELECT
 pg_catalog.pg_backend_pid() AS "processId", pg_catalog.current_setting('server_version') AS version,
 current_user::text AS role, session_user::text AS "loginRole", pg_catalog.current_database()::text AS database, ${method} AS method,
 r.rolsuper AS "isSuperuser", r.rolbypassrls OR r.rolsuper AS "bypassesRowSecurity", pg_catalog.pg_is_in_recovery() AS "isStandby",
 ${READ_ONLY_SQL} AS "readOnly",
 (SELECT pg_catalog.json_object_agg(name, reset_val) FROM pg_catalog.pg_settings WHERE name IN (${SETTINGS.map(quoteText).join(", ")})) AS settings,
 COALESCE((SELECT pg_catalog.json_agg(evtname) FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D'), '[]') AS "eventTriggers",
 pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS "mayCreateSchema",
 pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') AS "mayMakeTemporary",
 ${oid} IS NOT NULL AS "schemaExists",
 COALESCE(pg_catalog.has_schema_privilege(${oid}, 'USAGE'), false) AS "mayUseSchema",
 COALESCE(pg_catalog.has_schema_privilege(${oid}, 'CREATE'), false) AS "mayCreateInSchema",
 COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', pg_catalog.format('%I.%I', n.nspname, c.relname),
   'owner', pg_catalog.pg_get_userbyid(c.relowner), 'isOwned', pg_catalog.pg_has_role(c.relowner, 'USAGE'), 'hasRowSecurity', c.relrowsecurity,
   'lacking', COALESCE((SELECT pg_catalog.json_agg(p) FROM pg_catalog.unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS p
     WHERE NOT pg_catalog.has_table_privilege(c.oid, p)), '[]')) ORDER BY c.relname)
   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ${schema} AND pg_catalog.format('"%s"."%s"', pg_catalog.replace(n.nspname, '"', '""'), pg_catalog.replace(c.relname, '"', '""')) IN (${tables})), '[]') AS tables,
 COALESCE((SELECT pg_catalog.json_agg(owners) FROM (SELECT o.rolname AS owner, count(*) AS tables, o.rolsuper AS "isSuperuser"
   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
   WHERE c.relnamespace = ${oid} AND c.relkind IN ('r', 'p') AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
   GROUP BY 1, 3 ORDER BY 1) AS owners), '[]') AS "otherOwners",
 COALESCE((SELECT pg_catalog.json_agg(pg_catalog.format('%I.%I', n.nspname, c.relname) ORDER BY 1) FROM pg_catalog.pg_index i
   JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT LIKE 'pg\\_temp\\_%'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)), '[]') AS "invalidIndexes"
 FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS facts`),
  );
  return jsonAnswer<ServerFacts>(row?.facts, {});
}
