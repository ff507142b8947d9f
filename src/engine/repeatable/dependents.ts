import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { enumeration } from "../../core/text/display.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { dependentsSql } from "../catalog/view-dependents-sql.ts";
import { jsonAnswer } from "../session/json-answer.ts";

/** A dropped view or routine as it was before; all names are schema-qualified. */
export interface DroppedDependent {
  readonly name: string;
  readonly kind: "view" | "materialized view" | "function";
  /** The statement that re-creates it. */
  readonly create: string;
  readonly owner: string;
  readonly grants: readonly string[];
  readonly columnGrants: readonly string[];
  readonly comments: readonly { readonly column: string | null; readonly sql: string }[];
  /** Defaults, indexes, rules, triggers, statistics. */
  readonly parts: readonly string[];
}

interface Node extends Omit<DroppedDependent, "kind"> {
  readonly key: string;
  readonly kind: DroppedDependent["kind"] | "other";
  /** Its description if pgstep cannot re-create it, otherwise null. */
  readonly refused: string | null;
  readonly drop: string;
}

/**
 * Drops these views and their dependents. Returns the dropped objects, each after the objects it depends on.
 * @param views as SQL text; names that are missing or not views are skipped
 * @throws Failure statement-failed when pgstep cannot re-create a dependent; ServerFailure
 */
export async function dropDependents(
  session: Session,
  views: readonly string[],
  doing: string,
): Promise<DroppedDependent[]> {
  const names = views.map(quoteText).join(", ");
  const [found] = await session.query(
    `SELECT COALESCE(pg_catalog.json_agg(c.oid::text), '[]')::text AS row FROM pg_catalog.pg_class c WHERE c.relkind IN ('v', 'm') AND c.oid IN (SELECT pg_catalog.to_regclass(v.name)::oid FROM pg_catalog.unnest(ARRAY[${names}]::text[]) AS v(name))`,
  );
  const roots = jsonAnswer<string[]>(found?.row, ["list of", "text"]);
  if (roots.length === 0) return [];
  const { nodes, edges } = await withoutSearchPath(session, async () => {
    const [row] = await session.query(dependentsSql(roots));
    return jsonAnswer<{ nodes: readonly Node[]; edges: readonly (readonly [string, string])[] }>(row?.row, {
      nodes: ["list of", {}],
      edges: ["list of", ["list of", "text"]],
    });
  });
  const refused = nodes.flatMap((node) => node.refused ?? []);
  if (refused.length > 0) {
    const verb = refused.length === 1 ? "depends" : "depend";
    throw new Failure(
      "statement-failed",
      `Cannot ${doing}: pgstep cannot re-create ${enumeration(refused)}, which ${verb} on them`,
      {
        hint: "Drop it in a migration and define it in a repeatable migration, or keep the view's columns as they are.",
      },
    );
  }
  const ordered = inOrder(nodes, edges);
  for (const { drop } of ordered.toReversed()) await session.execute(drop);
  return ordered.flatMap(({ kind, ...node }) => (kind === "other" ? [] : [{ ...node, kind }]));
}

function inOrder(nodes: readonly Node[], edges: readonly (readonly [string, string])[]): Node[] {
  const ordered: Node[] = [];
  const met = new Set<string>();
  const visit = (node: Node) => {
    if (met.has(node.key)) return;
    met.add(node.key);
    for (const [from, to] of edges) {
      const before = to === node.key ? nodes.find(({ key }) => key === from) : undefined;
      if (before) visit(before);
    }
    ordered.push(node);
  };
  for (const node of nodes) visit(node);
  return ordered;
}

/** True if it exists again, re-created by a file. */
export async function isThere(session: Session, { name, kind }: DroppedDependent): Promise<boolean> {
  const lookUp = kind === "function" ? "to_regprocedure" : "to_regclass";
  const [row] = await session.query(`SELECT (pg_catalog.${lookUp}(${quoteText(name)}) IS NOT NULL)::text AS there`);
  return row?.there === "true";
}

/** Re-creates it as it was. @throws ServerFailure, after which none of it exists */
export function recreate(session: Session, taken: DroppedDependent): Promise<void> {
  const { create, owner, grants, columnGrants, comments, parts } = taken;
  const statements = [create, ...parts, ...comments.map(({ sql }) => sql), owner, ...grants, ...columnGrants];
  return withoutSearchPath(session, () => attempt(session, statements));
}

/**
 * Restores the owner, privileges, comments and parts of an object that its file re-created, unless the file sets them.
 * Returns a finding for each statement that failed.
 */
export async function restoreDetails(session: Session, taken: DroppedDependent): Promise<Finding[]> {
  const { name, kind, owner, grants, columnGrants, comments, parts } = taken;
  const findings: Finding[] = [];
  const commented = await commentedColumns(session, taken);
  const wanted = comments.filter(({ column }) => !commented.has(column ?? "")).map(({ sql }) => sql);
  const given = grants.filter((sql) => sql.startsWith("GRANT"));
  await withoutSearchPath(session, async () => {
    for (const sql of [...parts, ...wanted, owner, ...given, ...columnGrants]) {
      try {
        await attempt(session, [sql]);
      } catch (error) {
        if (!(error instanceof ServerFailure)) throw error;
        if (IS_THERE.has(error.server.code)) continue;
        findings.push(
          finding("not-given-back", {
            message: `${kind} ${name} was re-created, but this could not be restored: ${sql} (${error.server.message})`,
            hint: `If you still need it, add it to the file that creates ${name}.`,
          }),
        );
      }
    }
  });
  return findings;
}

/** duplicate_table, duplicate_object. */
const IS_THERE = new Set(["42P07", "42710"]);

async function commentedColumns(session: Session, { name, kind }: DroppedDependent): Promise<Set<string>> {
  const oid = `pg_catalog.${kind === "function" ? "to_regprocedure" : "to_regclass"}(${quoteText(name)})::oid`;
  const [row] = await session.query(
    `SELECT COALESCE(pg_catalog.json_agg(COALESCE(t.attname::text, '')), '[]')::text AS row FROM pg_catalog.pg_description d LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = d.objoid AND t.attnum = d.objsubid AND d.objsubid > 0 WHERE d.objoid = ${oid}`,
  );
  return new Set(jsonAnswer<string[]>(row?.row, ["list of", "text"]));
}

/** Runs all of these statements or none, inside the open transaction. */
async function attempt(session: Session, statements: readonly string[]): Promise<void> {
  await session.execute("SAVEPOINT pgstep_attempt");
  try {
    for (const sql of statements) await session.execute(sql);
    await session.execute("RELEASE SAVEPOINT pgstep_attempt");
  } catch (error) {
    if (error instanceof ServerFailure)
      await session.execute("ROLLBACK TO SAVEPOINT pgstep_attempt; RELEASE SAVEPOINT pgstep_attempt");
    throw error;
  }
}

/** With an empty search path the catalog prints schema-qualified names, which are then sent back unchanged. */
async function withoutSearchPath<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
  await session.execute("SET LOCAL search_path = ''; SET LOCAL check_function_bodies = off");
  const result = await work();
  await session.execute("RESET search_path; RESET check_function_bodies");
  return result;
}
