import type { Failure, Finding } from "../../core/error.ts";
import { runsIn } from "../../core/header.ts";
import type { Migration } from "../../core/migration.ts";
import type { Rehearsal } from "../../core/report.ts";
import { type SchemaObject, schemaDifferences } from "../../core/schema-comparison.ts";
import type { DatabaseContext } from "../context.ts";
import { tableNames } from "../history-table.ts";
import { migrate, undo } from "../migrate.ts";
import { withSession } from "../work-session.ts";
import { schemaSql } from "./schema-sql.ts";

/**
 * Applies migrations to an empty database. Each that has a way back also goes it, after which the schema must be what it
 * was, and is then applied again. What fails is a finding, where it is in its file; a migration that cannot be applied
 * ends the rehearsal.
 * @param migrations lowest version first
 * @throws Failure interrupted, terminated and those of connecting
 */
export async function rehearse(
  context: DatabaseContext,
  migrations: readonly Migration[],
): Promise<{ rehearsal: Rehearsal; findings: Finding[] }> {
  const { settings, database } = context;
  const run = migrations.filter(({ up }) => runsIn(up.header, settings.environment));
  const findings: Finding[] = [];
  let [applied, undone] = [0, 0];
  const done = () => ({ rehearsal: { database: database.description, applied, undone }, findings });
  const apply = async (upTo: Migration, count: number): Promise<boolean> => {
    const { failure, steps } = await migrate(context, { to: upTo.version }, {});
    if (failure) findings.push(await findingOf(context, failure));
    applied += failure ? steps.filter(({ outcome }) => outcome === "applied").length : count;
    return failure === undefined;
  };
  let waiting = 0;
  let before: readonly SchemaObject[] | undefined;
  for (const [index, migration] of run.entries()) {
    waiting++;
    const last = index === run.length - 1;
    if (!migration.down) {
      before = undefined;
      // Those without a way back are applied together, which is much faster.
      if ((last || run[index + 1]?.down) && !(await apply(migration, waiting))) return done();
      if (last || run[index + 1]?.down) waiting = 0;
      continue;
    }
    before ??= await readSchema(context);
    waiting = 0;
    if (!(await apply(migration, 1))) return done();
    const { failure, steps } = await undo(context, { count: 1 }, {});
    if (failure) {
      findings.push(await findingOf(context, failure));
      if (steps[0]?.inPart) return done();
      before = undefined;
      continue;
    }
    undone++;
    const differences = schemaDifferences(before, await readSchema(context));
    if (differences.length > 0) findings.push(notReversible(migration, differences));
    if (!(await apply(migration, 0))) return done();
    before = undefined;
  }
  return done();
}

/** What the schema consists of, but for pgstep's own tables. */
export async function readSchema({ database, settings, signal }: DatabaseContext): Promise<readonly SchemaObject[]> {
  const { history, journal, lease } = tableNames(settings);
  const sql = schemaSql([history, journal, lease], settings.schema);
  const [row] = await withSession(database, "read the schema of", (session) => session.query(sql), signal);
  const objects = JSON.parse(String(row?.row)) as [string, string, string | null, string][];
  return objects.map(([kind, name, within, digest]) => ({ kind, name, within, digest }));
}

function notReversible({ name, down }: Migration, differences: readonly string[]): Finding {
  return {
    rule: "not-reversible",
    severity: "warning",
    message: `${name} is not undone by its down script: it ${differences.join("; ")}`,
    hint: "Let the down script undo all that the migration does, or leave it out if there is no way back.",
    ...(down && { place: { path: down.path } }),
  };
}

/** What the embedded database has not: the server's roles, and most extensions. */
const LACKING =
  /^(?:role ".*" does not exist|extension ".*" is not available|could not (?:open extension control|access) file)/;

/** A failure that is a fault of a file's. @throws Failure the failure itself when it is none */
async function findingOf({ database }: DatabaseContext, failure: Failure): Promise<Finding> {
  const { code, message, place, server, hint } = failure;
  if (code !== "statement-failed" && code !== "history-conflict" && code !== "files-unsound") throw failure;
  const said = [server?.detail && `DETAIL: ${server.detail}`, server?.hint && `HINT: ${server.hint}`].filter(Boolean);
  const shadow = database.embedded && LACKING.test(server?.message ?? "");
  const advice = shadow
    ? "Name an empty database of a server like yours with --shadow-url: the embedded one lacks it."
    : hint;
  return {
    rule: "replay",
    severity: "error",
    message: [message, ...said].join("; "),
    ...(advice !== undefined && { hint: advice }),
    ...(place && { place }),
  };
}
