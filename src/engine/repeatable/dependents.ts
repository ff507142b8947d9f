import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { equals, quoteText } from "../../core/sql/quote.ts";
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
  /** The statements that restore the rest of it, in order. */
  readonly details: readonly Detail[];
}

interface Detail {
  readonly sql: string;
  /** The column that it comments on, or "" for the object itself; null for all other statements. */
  readonly comment: string | null;
  /** True if it belongs to a new object only: its file, if it has one, decides otherwise. */
  readonly onlyNew: boolean;
}

interface Node extends Omit<DroppedDependent, "kind"> {
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
  const names = `ARRAY[${views.map(quoteText).join(", ")}]::pg_catalog.text[]`;
  const [found] = await session.query(`SELECT pg_catalog.array_to_json(${viewsAmong(names)}::text[])::text AS row`);
  const roots = jsonAnswer<string[]>(found?.row, ["list of", "text"]);
  if (roots.length === 0) return [];
  const nodes = await withoutSearchPath(session, async () => {
    const [row] = await session.query(dependentsSql(`'{${roots.join(",")}}'::oid[]`));
    return jsonAnswer<Node[]>(row?.row, ["list of", {}]);
  });
  const refused = nodes.flatMap((node) => node.refused ?? []);
  if (refused.length > 0) {
    const verb = refused.length === 1 ? "depends" : "depend";
    throw new Failure(
      "statement-failed",
      `Cannot ${doing}: pgstep cannot re-create ${enumeration(refused)}, which ${verb} on them`,
      { hint: NOT_RECREATED_HINT },
    );
  }
  for (const { drop } of nodes.toReversed()) await session.execute(drop);
  return nodes.flatMap(({ kind, ...node }) => (kind === "other" ? [] : [{ ...node, kind }]));
}

export const NOT_RECREATED_HINT =
  "Drop it in a migration and define it in a repeatable migration, or keep the view's columns as they are.";

/** SQL for an array of the oids of those of these names that are views. @param names SQL for an array of them */
export function viewsAmong(names: string): string {
  return `ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind IN ('v', 'm') AND c.oid IN (SELECT pg_catalog.to_regclass(v.name)::pg_catalog.oid FROM pg_catalog.unnest(${names}) AS v(name)))`;
}

/** True if it exists again, re-created by a file. */
export async function isThere(session: Session, { name, kind }: DroppedDependent): Promise<boolean> {
  const oid = foundSql(quoteText(name), quoteText(kind));
  const [row] = await session.query(`SELECT (${oid} IS NOT NULL)::text AS there`);
  return row?.there === "true";
}

/** SQL for the oid of a dropped dependent that exists again, otherwise NULL; its name and its kind are SQL. */
export function foundSql(name: string, kind: string): string {
  const isFunction = equals(kind, "'function'");
  return `CASE WHEN ${isFunction} THEN pg_catalog.to_regprocedure(${name})::pg_catalog.oid ELSE pg_catalog.to_regclass(${name})::pg_catalog.oid END`;
}

/** Re-creates it as it was. @throws ServerFailure, after which none of it exists */
export function recreate(session: Session, taken: DroppedDependent): Promise<void> {
  const statements = [taken.create, ...taken.details.map(({ sql }) => sql)];
  return withoutSearchPath(session, () => attempt(session, statements));
}

/**
 * Restores the owner, privileges, comments and parts of an object that its file re-created, unless the file sets them.
 * Returns a finding for each statement that failed.
 */
export async function restoreDetails(session: Session, taken: DroppedDependent): Promise<Finding[]> {
  const { name, kind, details } = taken;
  const findings: Finding[] = [];
  const commented = await commentedColumns(session, taken);
  const isWanted = ({ onlyNew, comment }: Detail) => !onlyNew && (comment === null || !commented.has(comment));
  await withoutSearchPath(session, async () => {
    for (const { sql } of details.filter(isWanted)) {
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
  const comments = commentsSql(foundSql(quoteText(name), quoteText(kind)));
  const [row] = await session.query(
    `SELECT COALESCE(pg_catalog.json_agg(c.name), '[]')::text AS row FROM (${comments}) c(name)`,
  );
  return new Set(jsonAnswer<string[]>(row?.row, ["list of", "text"]));
}

/** A query of the columns that have comments, with "" for the object itself. @param oid of the object, as SQL */
export function commentsSql(oid: string): string {
  return `SELECT COALESCE(t.attname::pg_catalog.text, '') FROM pg_catalog.pg_description d LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = d.objoid AND t.attnum = d.objsubid AND d.objsubid > 0 WHERE d.objoid = ${oid}`;
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
