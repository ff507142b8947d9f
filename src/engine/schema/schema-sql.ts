import { keyOf, type ObjectKey } from "../../core/catalog/schema-object.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { userObjectsSql } from "../catalog/user-objects.ts";
import { EVERYTHING, mentions, type ObjectQuery, objectSelect, type Presence } from "./object-query.ts";
import { type Portable, privilegeQueries } from "./privileges-sql.ts";
import { rareQueries } from "./rare-sql.ts";
import { relationQueries } from "./relations-sql.ts";
import { ROUTINE_AND_TYPE_QUERIES } from "./routines-sql.ts";

/*
 * The objects of a database's schema: everything that pg_dump writes of a schema, except for owners, the order of
 * columns, the versions of extensions, and values.
 */

/** pgstep's own objects, which are no part of the schema. */
export interface OwnObjects {
  /** SQL expressions for the names of its tables. */
  readonly tables: readonly string[];
  /** The schema that it created for them, unquoted; undefined for schema public, which every database has. */
  readonly schema: string | undefined;
}

/** The queries of a schema's objects. */
export interface SchemaQuery {
  readonly own: OwnObjects;
  readonly queries: readonly ObjectQuery[];
}

/**
 * The queries of everything that the schema has.
 * @param serverVersion as `Backend` has it
 * @param portable to compare with the schema of another server
 * @param present what `presentSql` found
 * @param unreadable catalogs that the role may not read: what needs them is left out
 */
export function schemaQueries(
  serverVersion: number,
  portable: Portable | undefined,
  present: ReadonlySet<Presence>,
  unreadable: readonly string[] = [],
): readonly ObjectQuery[] {
  const queries = queriesOf(serverVersion, portable, present).filter(({ ifAny }) => !ifAny || present.has(ifAny));
  return queries.filter((query) => !mentions(objectSelect(query), unreadable));
}

/** The kinds of objects that cannot be read without a catalog: "event trigger". */
export function kindsNeeding(catalog: string, serverVersion: number): string[] {
  const queries = allQueries(serverVersion).filter((query) => mentions(objectSelect(query), [catalog]));
  return queries.flatMap(({ kind }) => [...kind.matchAll(/'([^']{2,})'/g)].map(([, name = ""]) => name));
}

/** The queries of everything that a schema can have. */
export function allQueries(serverVersion: number): readonly ObjectQuery[] {
  return queriesOf(serverVersion, undefined, EVERYTHING);
}

function queriesOf(
  serverVersion: number,
  portable: Portable | undefined,
  present: ReadonlySet<Presence>,
): ObjectQuery[] {
  return [
    ...relationQueries(serverVersion),
    ...ROUTINE_AND_TYPE_QUERIES,
    ...rareQueries(serverVersion),
    ...privilegeQueries(serverVersion, portable, present),
  ];
}

const DIGEST = "encode(sha256(convert_to(facts::text, 'UTF8')), 'base64')";

export function listOf(row: string): string {
  return `COALESCE(json_agg(${row}), '[]')`;
}

/** One row whose `row` is a JSON list of [kind, name, within, digest]: equal digests for equal facts. */
export function digestsSql(query: SchemaQuery): string {
  return rowSql(query, listOf(`json_build_array(kind, name, within, ${DIGEST})`));
}

/** The group of an object: it shares a group with its relation, and by chance with others. */
const GROUP = "substr(encode(sha256(convert_to(COALESCE(within, name), 'UTF8')), 'hex'), 1, 3)";

/** One row whose `row` is a JSON list of [group, digest]: equal digests for groups of equal objects. */
export function groupDigestsSql({ own, queries }: SchemaQuery): string {
  const objects = `SELECT ${GROUP} AS "group", kind || ' ' || name AS key, facts FROM ${unionSql(queries)}`;
  const text = `string_agg(key || E'\\t' || facts::text, E'\\n' ORDER BY key COLLATE "C")`;
  const digests = `SELECT "group", encode(sha256(convert_to(${text}, 'UTF8')), 'base64') AS digest FROM (${objects}) o GROUP BY 1`;
  return `WITH ${userObjectsSql(own.tables, own.schema)} SELECT ${listOf('json_build_array("group", digest)')}::text AS row FROM (${digests}) g`;
}

/** A relation by its plain names. */
export interface RelationNames {
  readonly schema: string;
  readonly name: string;
}

/** One row whose `row` is a JSON list of [index among the relations, digest]: of each relation, and of each part of it. */
export function relationDigestsSql({ own, queries }: SchemaQuery, relations: readonly RelationNames[]): string {
  const names = relations.map(({ schema, name }, index) => `(${index}, ${quoteText(schema)}, ${quoteText(name)})`);
  const wanted = `SELECT at, format('%I.%I', s, n) AS relation FROM (VALUES ${names.join(", ")}) AS w(at, s, n)`;
  const ofRelations = queries.filter(({ isOfRelation }) => isOfRelation);
  const row = `json_agg(json_build_array(at, ${DIGEST}) ORDER BY at, kind COLLATE "C", name COLLATE "C")`;
  return `WITH ${userObjectsSql(own.tables, own.schema)}, wanted AS (${wanted}) SELECT COALESCE(${row}, '[]')::text AS row FROM ${unionSql(ofRelations)} JOIN wanted ON relation = COALESCE(within, name)`;
}

/** One row whose `row` is a JSON list of [kind, name, within, facts] of the objects in these groups. */
export function groupsSql(query: SchemaQuery, groups: readonly string[]): string {
  const where = ` WHERE ${GROUP} = ANY (ARRAY[${groups.map(quoteText).join(", ")}]::text[])`;
  return rowSql(query, listOf("json_build_array(kind, name, within, facts)"), where);
}

/** One row whose `row` is a JSON list of [kind, name, within, facts]. @param keys the objects to return; undefined for all */
export function factsSql({ own, queries }: SchemaQuery, keys: readonly ObjectKey[] | undefined): string {
  const row = listOf("json_build_array(kind, name, within, facts)");
  if (!keys) return rowSql({ own, queries }, row);
  const kinds = [...new Set(keys.map(({ kind }) => quoteText(kind)))];
  // The server applies the condition to each part of the UNION before it computes any facts.
  const where = ` WHERE kind || ' ' || name = ANY (ARRAY[${keys.map(keyOf).map(quoteText).join(", ")}]::text[])`;
  const asked = queries.filter(({ kind }) => kinds.some((one) => kind.includes(one)));
  return rowSql({ own, queries: asked }, row, where);
}

function rowSql({ own, queries }: SchemaQuery, row: string, where = ""): string {
  return `WITH ${userObjectsSql(own.tables, own.schema)} SELECT (${row})::text AS row FROM ${unionSql(queries)}${where}`;
}

/** The objects as an item of FROM. @param isNew see `objectSelect` */
export function unionSql(queries: readonly ObjectQuery[], isNew?: (row: string) => string): string {
  return `(${queries.map((query) => objectSelect(query, isNew)).join("\n UNION ALL ")}) AS objects(kind, name, within, facts)`;
}
