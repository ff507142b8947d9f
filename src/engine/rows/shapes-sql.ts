import type { TableShape, ValueType } from "../../core/rows/table-shape.ts";
import { USER_SCHEMA } from "../catalog/user-objects.ts";
import type { Shape } from "../session/json-answer.ts";
import type { KeptQuery } from "../session/prepared-statements.ts";

type TypeFacts = readonly [
  oid: number,
  name: string,
  kind: string,
  category: string,
  typeName: string,
  of: number,
  label: string | null,
  newest: string | null,
  conditions: readonly string[],
  attributes: readonly (readonly [number, number])[],
  modifier: number,
];
type TableFacts = readonly [
  oid: number,
  name: string,
  columns: readonly (readonly [number, string, number, number, boolean, boolean, string | null])[],
  checks: TableShape["checks"],
  references: readonly (readonly [readonly number[], number, string, readonly string[]])[],
  bounds: string | null,
  keys: readonly number[],
];

/** What `shapesSql` returns. */
export interface ShapeFacts {
  readonly tables: readonly TableFacts[];
  readonly types: readonly TypeFacts[];
}

const NUMBERS: Shape = ["list of", "number"];
const TEXTS: Shape = ["list of", "text"];
export const SHAPES: Shape = {
  tables: [
    "list of",
    [
      "parts",
      [
        "number",
        "text",
        ["list of", ["parts", ["number", "text", "number", "number", "boolean", "boolean", "text?"]]],
        ["list of", ["parts", ["text", NUMBERS, "text"]]],
        ["list of", ["parts", [NUMBERS, "number", "text", TEXTS]]],
        "text?",
        NUMBERS,
      ],
    ],
  ],
  types: [
    "list of",
    [
      "parts",
      [
        ...(["number", "text", "text", "text", "text", "number", "text?", "text?"] as const),
        TEXTS,
        ["list of", ["parts", ["number", "number"]]],
        "number",
      ],
    ],
  ],
};

export function tableOf([oid, name, columns, checks, references, bounds, keys]: TableFacts): TableShape {
  return {
    ...{ oid, name, checks, bounds, keys },
    columns: columns.map(([number, column, type, modifier, required, filled, usual]) => ({
      ...{ number, name: column, type, modifier, required, filled, usual },
    })),
    references: references.map(([own, table, tableName, referred]) => ({ columns: own, table, tableName, referred })),
  };
}

export function typeOf(facts: TypeFacts): ValueType {
  const [oid, name, kind, category, typeName, of, label, newest, conditions, attributes, modifier] = facts;
  return { oid, name, kind, category, typeName, of, label, newest, conditions, attributes, modifier };
}

const TABLE = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)";
const LIST = (sql: string) => `COALESCE((SELECT json_agg(${sql}), '[]')`;

/** What a type consists of: an array's elements, a domain's base, a range's values, the attributes of a composite type. */
const PARTS = `SELECT CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.typbasetype END WHERE t.typcategory = 'A' OR t.typtype = 'd'
  UNION ALL SELECT rngsubtype FROM pg_range WHERE rngtypid = t.oid
  UNION ALL SELECT atttypid FROM pg_attribute WHERE t.typtype = 'c' AND attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped`;

/** The tables with the names of $1, without those of $2; those that they refer to; and the types of their columns. */
export const SHAPES_QUERY: KeptQuery = {
  name: "shapes",
  parameters: "(name[], text[])",
  sql: `WITH RECURSIVE wanted AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = ANY($1)
   AND relkind IN ('r', 'p') AND relpersistence <> 't' AND ${USER_SCHEMA} AND nspname || '.' || relname <> ALL($2)
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
  UNION SELECT confrelid FROM wanted JOIN pg_constraint ON conrelid = wanted.oid AND contype = 'f'),
 used AS (SELECT atttypid AS oid FROM pg_attribute JOIN wanted ON attrelid = wanted.oid WHERE attnum > 0 AND NOT attisdropped
  UNION SELECT part.oid FROM used JOIN pg_type t ON t.oid = used.oid, LATERAL (${PARTS}) part(oid))
 SELECT json_build_object('tables', ${LIST(`json_build_array(c.oid::int8, ${TABLE},
   ${LIST(`json_build_array(attnum, attname, atttypid::int8, atttypmod, attnotnull, atthasdef OR attidentity <> '',
     CASE WHEN atttypid = 16 THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum) END) ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`)},
   ${LIST("json_build_array(conname, COALESCE(conkey, '{}'), pg_get_expr(conbin, conrelid)) ORDER BY oid) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c'")},
   ${LIST(`json_build_array(conkey, confrelid::int8, (SELECT quote_ident(rn.nspname) || '.' || quote_ident(r.relname) FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = confrelid),
    (SELECT json_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY k(number, place) JOIN pg_attribute ON attrelid = confrelid AND attnum = k.number)) ORDER BY oid) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f'`)},
   (SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = COALESCE((SELECT min(inhrelid) FROM pg_inherits JOIN pg_class i ON i.oid = inhrelid WHERE inhparent = c.oid AND relispartition
     AND pg_get_expr(relpartbound, i.oid) <> 'DEFAULT'), CASE WHEN c.relispartition THEN c.oid END)),
   COALESCE((SELECT to_json(partattrs::int2[]) FROM pg_partitioned_table WHERE partrelid = c.oid),
    (SELECT json_agg(a.attnum ORDER BY place) FROM pg_inherits JOIN pg_partitioned_table ON partrelid = inhparent, unnest(partattrs::int2[]) WITH ORDINALITY k(number, place)
     JOIN pg_attribute pa ON pa.attnum = k.number JOIN pg_attribute a ON a.attname = pa.attname
     WHERE inhrelid = c.oid AND pa.attrelid = inhparent AND a.attrelid = c.oid), '[]')) ORDER BY c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid IN (SELECT oid FROM wanted)`)},
  'types', ${LIST(`json_build_array(t.oid::int8, quote_ident(n.nspname) || '.' || quote_ident(typname), typtype, typcategory, typname,
   (CASE WHEN typtype = 'd' THEN typbasetype WHEN typcategory = 'A' THEN typelem ELSE COALESCE((SELECT rngsubtype FROM pg_range WHERE rngtypid = t.oid), 0) END)::int8,
   (SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder LIMIT 1),
   (SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY oid DESC LIMIT 1),
   ${LIST("pg_get_expr(conbin, 0)) FROM pg_constraint WHERE contypid = t.oid AND conbin IS NOT NULL")},
   CASE WHEN typtype = 'c' THEN ${LIST("json_build_array(atttypid::int8, atttypmod) ORDER BY attnum) FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped")} ELSE '[]' END,
   typtypmod)) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE t.oid IN (SELECT oid FROM used)`)})::text AS row`,
};
