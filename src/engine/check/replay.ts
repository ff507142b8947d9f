import { type SchemaObject, schemaDifferences } from "../../core/catalog/schema-comparison.ts";
import { type Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Rehearsal } from "../../core/reports/report.ts";
import { schemaSql } from "../catalog/digest-sql.ts";
import { tableNames } from "../history/history-table.ts";
import { migrate, undo } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { withSession } from "../session/with-session.ts";

/**
 * Applies migrations to an empty database. Each one with a down script is then undone, which must restore the schema,
 * and applied again. Failures become findings with their place in the file. A migration that cannot be applied, the
 * first time or again, ends the rehearsal.
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
  /** Returns the failure, if any, as a finding. */
  const apply = async (upTo: Migration, count: number): Promise<Finding | undefined> => {
    const { failure, steps } = await migrate(context, { to: upTo.version }, {});
    applied += failure ? steps.filter(({ outcome }) => outcome === "applied").length : count;
    return failure && (await findingOf(context, failure));
  };
  const applies = async (upTo: Migration, count: number): Promise<boolean> => {
    const finding = await apply(upTo, count);
    if (finding) findings.push(finding);
    return finding === undefined;
  };
  let waiting = 0;
  let before: readonly SchemaObject[] | undefined;
  for (const [index, migration] of run.entries()) {
    waiting++;
    const last = index === run.length - 1;
    if (!migration.down) {
      before = undefined;
      // Migrations without a down script are applied together, which is much faster.
      if ((last || run[index + 1]?.down) && !(await applies(migration, waiting))) return done();
      if (last || run[index + 1]?.down) waiting = 0;
      continue;
    }
    before ??= await readSchema(context);
    waiting = 0;
    if (!(await applies(migration, 1))) return done();
    const { failure, steps } = await undo(context, { count: 1 }, {});
    if (failure) {
      findings.push(await findingOf(context, failure));
      if (steps[0]?.inPart) return done();
      before = undefined;
      continue;
    }
    undone++;
    const differences = schemaDifferences(before, await readSchema(context));
    const again = await apply(migration, 0);
    if (differences.length > 0) findings.push(notReversible(migration, differences, again));
    else if (again) findings.push(again);
    if (again) return done();
    before = undefined;
  }
  return done();
}

/** Reads the objects of the schema, except for pgstep's own tables. */
export async function readSchema({ database, settings, signal }: DatabaseContext): Promise<readonly SchemaObject[]> {
  const { history, journal, lease } = tableNames(settings);
  const sql = schemaSql([history, journal, lease], settings.schema);
  const [row] = await withSession(database, "read the schema of", (session) => session.query(sql), signal);
  const objects = jsonAnswer<[string, string, string | null, string][]>(row?.row, ["list of", ["list of", "text?"]]);
  return objects.map(([kind, name, within, digest]) => ({ kind, name, within, digest }));
}

/** @param again why the migration cannot be applied again, which the down script has caused */
function notReversible({ name, down }: Migration, differences: readonly string[], again: Finding | undefined): Finding {
  const undone = `${name} is not undone by its down script: it ${differences.join("; ")}`;
  return {
    rule: "not-reversible",
    severity: again ? "error" : "warning",
    message: again ? `${undone}; so it cannot be applied again: ${again.message}` : undone,
    hint: "Make the down script undo all that the migration does, or remove it if that is impossible.",
    ...(down && { place: { path: down.path } }),
  };
}

/** Errors about what the embedded database lacks: the server's roles, and most extensions. */
const LACKING =
  /^(?:role ".*" does not exist|extension ".*" is not available|could not (?:open extension control|access) file)/;

/** Turns a failure that a file caused into a finding. @throws Failure any other failure, unchanged */
async function findingOf({ database }: DatabaseContext, failure: Failure): Promise<Finding> {
  const { code, message, place, server, hint } = failure;
  if (code !== "statement-failed" && code !== "history-conflict" && code !== "files-unsound") throw failure;
  const said = [server?.detail && `DETAIL: ${server.detail}`, server?.hint && `HINT: ${server.hint}`].filter(Boolean);
  const shadow = database.embedded && LACKING.test(server?.message ?? "");
  const advice = shadow
    ? "Name an empty database on a server like yours with --shadow-url: the embedded database lacks it."
    : hint;
  return finding("replay", { message: [message, ...said].join("; "), hint: advice, place });
}
