import type { Finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Session } from "../../ports/session.ts";
import { migrate, undo } from "../run/migrate.ts";
import { SchemaState } from "../schema/schema-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { type DownResult, findingOf, resultOf, untested } from "./down-result.ts";
import { ownObjects, type Reversible } from "./prove-downs.ts";
import type { InShadow } from "./shadow.ts";

/** Each shadow replays the migrations from the first on, which may take long. */
const MOST_SHADOWS = 10;

/**
 * Tests down scripts that cannot run in one transaction with their migration: each is committed in a shadow database,
 * and a bad one makes that database useless for the next.
 * @param migrations all migrations of the run, in order
 * @throws Failure as `InShadow`, and interrupted, terminated
 */
export async function proveAlone(
  inShadow: InShadow,
  migrations: readonly Migration[],
  tested: readonly Reversible[],
): Promise<DownResult[]> {
  const results: DownResult[] = [];
  for (let shadows = 0; shadows < MOST_SHADOWS && results.length < tested.length; shadows++) {
    const rest = tested.slice(results.length);
    results.push(...(await inShadow((context) => proveUntilDamaged(context, migrations, rest))));
  }
  const reason = `pgstep tests only ${MOST_SHADOWS} down scripts that cannot run in one transaction with their migration and do not restore the schema`;
  return [
    ...results,
    ...tested.slice(results.length).map(({ name, down: { path } }) => untested({ name, path }, reason)),
  ];
}

/** Tests down scripts up to the first that is not proved. */
async function proveUntilDamaged(
  context: DatabaseContext,
  migrations: readonly Migration[],
  tested: readonly Reversible[],
): Promise<DownResult[]> {
  const results: DownResult[] = [];
  for (const migration of tested) {
    const result = await prove(context, migration, migrations[migrations.indexOf(migration) - 1]);
    results.push(result);
    if (result.outcome !== "proved") break;
  }
  return results;
}

/** @param previous the migration before this one */
async function prove(
  context: DatabaseContext,
  { name, down, version }: Reversible,
  previous: Migration | undefined,
): Promise<DownResult> {
  const tested = { name, path: down.path };
  const apply = async (to: string): Promise<Finding | undefined> => {
    const { failure } = await migrate(context, { to }, { withoutRepeatables: true });
    return failure && findingOf(context, failure);
  };
  const look = <Result>(work: (session: Session) => Promise<Result>) =>
    withSession(context.database, "read the schema of", work, context.signal);

  const unprepared = previous && (await apply(previous.version));
  if (unprepared) return untested(tested, unprepared.message);
  const before = await look((session) => SchemaState.read(session, ownObjects(context)));
  const unapplied = await apply(version);
  if (unapplied) return untested(tested, unapplied.message);
  const after = await look((session) => before.later(session));
  const { failure } = await undo(context, { count: 1 }, {});
  if (failure) return { outcome: "failed", finding: findingOf(context, failure) };
  const left = before.differencesTo(await look((session) => after.later(session)));
  const refused = await apply(version);
  const again = refused ? [] : after.differencesTo(await look((session) => after.later(session)));
  return resultOf(tested, { left, refused, again });
}
