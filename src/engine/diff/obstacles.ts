import { type Action, PHASE, relationTarget, type Target } from "../../core/diff/action.ts";
import { dropSql } from "../../core/diff/drops.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";

/** Kinds that hold nothing but a definition, so that they can be dropped and created again. */
const DEFINITIONS: ReadonlySet<string> = new Set([
  "view",
  "materialized view",
  "trigger",
  "policy",
  "rule",
  "table constraint",
  "domain constraint",
  "index",
  "statistics object",
  "function",
  "procedure",
  "aggregate",
  "operator",
  "operator class",
  "operator family",
  "cast",
  "transform",
  "conversion",
  "event trigger",
  "foreign table",
  "server",
  "user mapping",
  "text search configuration",
  "text search dictionary",
  "publication relation",
  "collation",
]);

type Row = readonly [
  catalog: string,
  oid: string,
  kind: string,
  identity: string,
  column: string | null,
  statement: string | null,
];

/**
 * The actions that drop the objects which depend on one of the targets directly. Objects that contain rows are left:
 * tables and columns.
 */
export async function obstacles(session: Session, targets: readonly Target[]): Promise<Action[]> {
  const [answer] = await session.query(dependentsSql(targets));
  const rows = jsonAnswer<Row[]>(answer?.row, [
    "list of",
    ["parts", ["text", "text", "text", "text", "text?", "text?"]],
  ]);
  return rows.flatMap(([catalog, oid, kind, identity, column, statement]): Action[] => {
    const common = { phase: PHASE.dropPart, order: 0, targets: [{ catalog: `#${catalog}`, oid }] };
    if (kind === "default value") {
      const [, table = "", name = ""] = /^for (.*)\.("(?:[^"]|"")+"|[^."]+)$/s.exec(identity) ?? [];
      const sql = column === null ? `ALTER COLUMN ${name} DROP DEFAULT` : `DROP COLUMN ${name}`;
      return [
        {
          ...common,
          sql: `ALTER TABLE ${table} ${sql}`,
          ...(column !== null && { targets: [relationTarget(table, column)] }),
        },
      ];
    }
    const sql = DEFINITIONS.has(kind) ? dropSql(kind, identity, statement ?? "") : undefined;
    return sql === undefined ? [] : [{ ...common, sql }];
  });
}

const classOf = ({ catalog }: Target) =>
  catalog.startsWith("#")
    ? `${catalog.slice(1)}::pg_catalog.oid`
    : `'pg_catalog.${catalog}'::pg_catalog.regclass::pg_catalog.oid`;

const columnOf = ({ oid, column }: Target) =>
  column === undefined
    ? "0"
    : `(SELECT a.attnum FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${oid} AND a.attname = '${column.replaceAll("'", "''")}')`;

/**
 * Direct dependents. The rule of a view stands for the view, parts of an object for the object. A default of a generated
 * column has the column's name.
 */
function dependentsSql(targets: readonly Target[]): string {
  const rows = targets.map((one) => `(${classOf(one)}, (${one.oid})::pg_catalog.oid, (${columnOf(one)})::int)`);
  return `WITH RECURSIVE roots (class, id, part) AS (VALUES ${rows.join(", ")}),
 inner_parts (class, id, part) AS (SELECT class, id, part FROM roots WHERE id IS NOT NULL AND part IS NOT NULL
  UNION SELECT d.classid, d.objid, d.objsubid FROM inner_parts p JOIN pg_catalog.pg_depend d ON d.refclassid = p.class AND d.refobjid = p.id
   AND (p.part = 0 OR d.refobjsubid = p.part) WHERE d.deptype = 'i' AND d.classid IN ('pg_catalog.pg_type'::regclass, 'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_class'::regclass)),
 found AS (SELECT DISTINCT d.classid AS class, d.objid AS id FROM inner_parts p JOIN pg_catalog.pg_depend d
  ON d.refclassid = p.class AND d.refobjid = p.id AND (p.part = 0 OR d.refobjsubid IN (p.part, 0) AND d.refobjsubid = p.part)
  WHERE d.deptype IN ('n', 'a') AND (d.classid, d.objid) NOT IN (SELECT class, id FROM inner_parts)
   AND (d.deptype = 'n' OR d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_trigger'::regclass)
    OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = d.objid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL))
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid AND k.contype = 'c'))),
 whole AS (SELECT DISTINCT CASE WHEN v.oid IS NULL THEN f.class ELSE 'pg_catalog.pg_class'::regclass::oid END AS class, COALESCE(v.oid, f.id) AS id
  FROM found f LEFT JOIN pg_catalog.pg_rewrite w ON f.class = 'pg_catalog.pg_rewrite'::regclass AND w.oid = f.id AND w.rulename = '_RETURN'
  LEFT JOIN pg_catalog.pg_class v ON v.oid = w.ev_class)
 SELECT COALESCE(json_agg(json_build_array(w.class::text, w.id::text, i.type, i.identity,
  (SELECT a.attname FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
   WHERE w.class = 'pg_catalog.pg_attrdef'::regclass AND d.oid = w.id AND a.attgenerated <> ''),
  (SELECT format('ALTER PUBLICATION %I ADD TABLE ONLY %s', p.pubname, r.prrelid::regclass) FROM pg_catalog.pg_publication_rel r
   JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE w.class = 'pg_catalog.pg_publication_rel'::regclass AND r.oid = w.id)) ORDER BY w.id DESC), '[]')::text AS row
 FROM whole w, LATERAL pg_catalog.pg_identify_object(w.class, w.id, 0) i WHERE i.identity IS NOT NULL`;
}
