import { unlessGone, whereThere } from "./table-dependents-sql.ts";

const REMARK = (catalog: string, oid: string) =>
  `JOIN pg_catalog.pg_description m ON m.objoid = ${oid} AND m.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND m.objsubid = 0`;

/** Storage, statistics and replication options of the tables, and comments on their parts. */
export const DETAILS = [
  `SELECT pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s;', c.oid::pg_catalog.regclass, CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE pg_catalog.format('USING INDEX %I', x.relname) END) AS sql
 FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisreplident LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
 WHERE c.oid = ANY ($oids$) AND (c.relreplident IN ('f', 'n') OR c.relreplident = 'i' AND x.oid IS NOT NULL) ORDER BY 1`,
  `SELECT pg_catalog.format('ALTER TABLE %s CLUSTER ON %I;', i.indrelid::pg_catalog.regclass, x.relname) AS sql
 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = ANY ($oids$) AND i.indisclustered ORDER BY 1`,
  `SELECT pg_catalog.format('ALTER TABLE %s SET (%s);', c.oid::pg_catalog.regclass, (SELECT pg_catalog.string_agg('toast.' || o, ', ') FROM pg_catalog.unnest(x.reloptions) AS o)) AS sql
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_class x ON x.oid = c.reltoastrelid WHERE c.oid = ANY ($oids$) AND x.reloptions IS NOT NULL ORDER BY 1`,
  `SELECT pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %I %s;', a.attrelid::pg_catalog.regclass, a.attname, s.action) AS sql
 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid, LATERAL (VALUES
  (CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
  (CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END),
  (CASE WHEN a.attoptions IS NOT NULL THEN pg_catalog.format('SET (%s)', pg_catalog.array_to_string(a.attoptions, ', ')) END)) AS s(action)
 WHERE a.attrelid = ANY ($oids$) AND a.attnum > 0 AND NOT a.attisdropped AND s.action IS NOT NULL ORDER BY 1`,
  `SELECT pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS %L;', k.conname, k.conrelid::pg_catalog.regclass, m.description) AS sql
 FROM pg_catalog.pg_constraint k ${REMARK("pg_constraint", "k.oid")} WHERE k.conrelid = ANY ($oids$) AND k.conparentid = 0 AND k.contype <> 'n' AND (k.contype <> 'f' OR k.confrelid = ANY ($oids$)) ORDER BY 1`,
  // The index of a partition may have another name after the restore.
  `SELECT ${whereThere("to_regclass", "i.indexrelid::pg_catalog.regclass::text", "pg_catalog.format('COMMENT ON INDEX %s IS %L', i.indexrelid::pg_catalog.regclass, m.description)")} AS sql
 FROM pg_catalog.pg_index i ${REMARK("pg_class", "i.indexrelid")} WHERE i.indrelid = ANY ($oids$) ORDER BY 1`,
  `SELECT pg_catalog.format('COMMENT ON TRIGGER %I ON %s IS %L;', g.tgname, g.tgrelid::pg_catalog.regclass, m.description) AS sql
 FROM pg_catalog.pg_trigger g ${REMARK("pg_trigger", "g.oid")} WHERE g.tgrelid = ANY ($oids$) AND NOT g.tgisinternal AND g.tgparentid = 0 ORDER BY 1`,
  // A policy for unknown roles is not created.
  `SELECT ${unlessGone("'the comment on policy ' || p.polname", "pg_catalog.format('COMMENT ON POLICY %I ON %s IS %L', p.polname, p.polrelid::pg_catalog.regclass, m.description)")} AS sql
 FROM pg_catalog.pg_policy p ${REMARK("pg_policy", "p.oid")} WHERE p.polrelid = ANY ($oids$) ORDER BY 1`,
];
