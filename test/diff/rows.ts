import { makeRows, readShapes } from "../../src/engine/rows/make-rows.ts";
import type { Session } from "../../src/ports/session.ts";

/** The rows of a table, and the columns whose values count. */
interface KeptTable {
  readonly name: string;
  readonly oid: string;
  /** The names of the table and of those above it, of which any may be announced as deleted. */
  readonly families: readonly string[];
  /** Columns with values of their own: plain and quoted names. */
  readonly columns: readonly (readonly [plain: string, quoted: string])[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const TABLES = `SELECT COALESCE(json_agg(json_build_object('name', c.oid::regclass::text, 'oid', c.oid::text,
 'families', (SELECT array_agg(a.relid::regclass::text) FROM (SELECT c.oid AS relid UNION SELECT p.relid FROM pg_partition_ancestors(c.oid) p) a),
 'columns', (SELECT COALESCE(json_agg(json_build_array(a.attname, quote_ident(a.attname))), '[]') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''))), '[]')::text AS row
 FROM pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384 AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') AND c.relpersistence <> 't'`;

/** Puts a row into each table where that is possible. */
export async function fillTables(session: Session): Promise<void> {
  await session.execute("BEGIN");
  const [row] = await session.query(
    "SELECT COALESCE(json_agg(DISTINCT c.relname), '[]')::text AS row FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384",
  );
  const names = JSON.parse(String(row?.row)) as string[];
  await makeRows(session, await readShapes(session, names, []), new Set());
  await session.execute("COMMIT");
}

export async function keptRows(session: Session): Promise<KeptTable[]> {
  await session.execute("SET search_path = ''");
  const [row] = await session.query(TABLES);
  const tables = JSON.parse(String(row?.row)) as Omit<KeptTable, "rows">[];
  const kept: KeptTable[] = [];
  for (const table of tables) {
    const [found] = await session.query(
      `SELECT COALESCE(json_agg(to_jsonb(t)), '[]')::text AS row FROM ONLY ${table.name} t`,
    );
    kept.push({ ...table, rows: JSON.parse(String(found?.row)) });
  }
  await session.execute("RESET search_path");
  return kept;
}

/** Rows and values that were deleted or changed without an announcement, and values that are spelled differently. */
export function unannounced(
  before: readonly KeptTable[],
  after: readonly KeptTable[],
  losses: readonly string[],
): { readonly lost: string[]; readonly changed: string[] } {
  const said = new Set(losses);
  const lost: string[] = [];
  const changed: string[] = [];
  for (const table of before) {
    if (table.rows.length === 0 || table.families.some((name) => said.has(`table ${name}`))) continue;
    const now = after.find(({ oid }) => oid === table.oid) ?? after.find(({ name }) => name === table.name);
    if (!now || now.rows.length < table.rows.length) {
      lost.push(`rows of table ${table.name}`);
      continue;
    }
    for (const [plain, quoted] of table.columns) {
      const isSaid = table.families.some(
        (name) => said.has(`column ${name}.${quoted}`) || said.has(`values of column ${name}.${quoted}`),
      );
      if (isSaid) continue;
      const [old, later] = [table.rows[0]?.[plain], now.rows[0]?.[plain]];
      if (old === null || old === undefined) continue;
      if (later === null || later === undefined || hasLostPart(old, later))
        lost.push(`values of column ${table.name}.${quoted}`);
      else if (textOf(old) !== textOf(later))
        changed.push(`${table.name}.${quoted}: ${textOf(later)} instead of ${textOf(old)}`);
    }
  }
  return { lost, changed };
}

/** True for a row whose field has no value any more. */
function hasLostPart(old: unknown, later: unknown): boolean {
  if (typeof old !== "object" || old === null || typeof later !== "object" || later === null) return false;
  const now = new Map(Object.entries(later));
  return Object.entries(old).some(([name, value]) => value !== null && now.get(name) === null);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
