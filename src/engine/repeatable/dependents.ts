import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { enumeration } from "../../core/text/display.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { dependentsSql } from "../catalog/view-dependents-sql.ts";
import { jsonAnswer } from "../session/json-answer.ts";

/** A view or routine as it was before it was taken down; all of its names with their schemas. */
export interface TakenDown {
  readonly name: string;
  readonly kind: "view" | "materialized view" | "function";
  /** What made it, and what made it its former self, as statements. */
  readonly create: string;
  readonly owner: string;
  readonly grants: readonly string[];
  readonly columnGrants: readonly string[];
  readonly comments: readonly { readonly column: string | null; readonly sql: string }[];
  /** Defaults, indexes, rules, triggers, statistics. */
  readonly parts: readonly string[];
}

interface Node extends Omit<TakenDown, "kind"> {
  readonly key: string;
  readonly kind: TakenDown["kind"] | "other";
  /** What it is, where it cannot be made again. */
  readonly refused: string | null;
  readonly drop: string;
}

/**
 * Drops these views and all that depends on them, and answers what was dropped, each behind what it depends on.
 * @param views as SQL text; those that are not there, or are no views, are left out
 * @throws Failure statement-failed when something depends on them that cannot be made again; ServerFailure
 */
export async function takeDown(session: Session, views: readonly string[], doing: string): Promise<TakenDown[]> {
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
      `Cannot ${doing}: ${enumeration(refused)} ${verb} on it, which pgstep cannot make again`,
      {
        hint: "Drop it in a migration, and make it again in a file among the repeatable ones, or leave the view's columns as they are.",
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

/** Whether it is there, made again by somebody. */
export async function isThere(session: Session, { name, kind }: TakenDown): Promise<boolean> {
  const lookUp = kind === "function" ? "to_regprocedure" : "to_regclass";
  const [row] = await session.query(`SELECT (pg_catalog.${lookUp}(${quoteText(name)}) IS NOT NULL)::text AS there`);
  return row?.there === "true";
}

/** Makes it just as it was. @throws ServerFailure, after which nothing of it is there */
export function putBack(session: Session, taken: TakenDown): Promise<void> {
  const { create, owner, grants, columnGrants, comments, parts } = taken;
  const statements = [create, ...parts, ...comments.map(({ sql }) => sql), owner, ...grants, ...columnGrants];
  return withoutSearchPath(session, () => attempt(session, statements));
}

/**
 * Gives what its file has made again its former owner, privileges, comments and parts, where the file says nothing else.
 * Answers what could not be given back.
 */
export async function giveBack(session: Session, taken: TakenDown): Promise<Finding[]> {
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
            message: `${kind} ${name} was made anew without what it had: ${sql} (${error.server.message})`,
            hint: "Write it into the file that makes it, as it is to be now.",
          }),
        );
      }
    }
  });
  return findings;
}

/** duplicate_table, duplicate_object. */
const IS_THERE = new Set(["42P07", "42710"]);

async function commentedColumns(session: Session, { name, kind }: TakenDown): Promise<Set<string>> {
  const oid = `pg_catalog.${kind === "function" ? "to_regprocedure" : "to_regclass"}(${quoteText(name)})::oid`;
  const [row] = await session.query(
    `SELECT COALESCE(pg_catalog.json_agg(COALESCE(t.attname::text, '')), '[]')::text AS row FROM pg_catalog.pg_description d LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = d.objoid AND t.attnum = d.objsubid AND d.objsubid > 0 WHERE d.objoid = ${oid}`,
  );
  return new Set(jsonAnswer<string[]>(row?.row, ["list of", "text"]));
}

/** These statements or none of them, inside the transaction that is open. */
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

/** With nothing in the search path, names come out of the catalog with their schemas, and go in as they came. */
async function withoutSearchPath<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
  await session.execute("SET LOCAL search_path = ''; SET LOCAL check_function_bodies = off");
  const result = await work();
  await session.execute("RESET search_path; RESET check_function_bodies");
  return result;
}
