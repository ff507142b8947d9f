import type { Failure } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { versionKey } from "../../core/migrations/version.ts";
import { migrate } from "../run/migrate.ts";
import type { ChosenFiles, RunOptions } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { makeLikeNew } from "./like-new.ts";
import { createRoles, missingRole, reachesBeyond } from "./missing-roles.ts";
import { withRemedy } from "./remedies.ts";
import type { TrialStart } from "./trial-start.ts";

/** The files that a database was made with. */
export interface AppliedFiles {
  /** Lowest version first. */
  readonly migrations: readonly Migration[];
  /** The names of the repeatable migrations. */
  readonly repeatables: ReadonlySet<string>;
  /** The version of the server, as `Backend` has it, if the schema public of its new databases matters. */
  readonly like?: number;
}

/**
 * Applies some of the files to an empty shadow database, and no others. Statements whose effect would not end with that
 * database are left out; the embedded database gets the roles that the files name.
 * @param start see `InShadow`; it must begin with these migrations
 * @throws Failure of a migration, with its remedy
 */
export async function replayChosen(
  shadow: DatabaseContext,
  { migrations, repeatables, like }: AppliedFiles,
  start?: TrialStart,
): Promise<void> {
  const context: DatabaseContext = { ...shadow, leavesOut: (statement) => reachesBeyond(statement, shadow) };
  const versions = new Set(migrations.map(({ version }) => versionKey(version)));
  const only: ChosenFiles = {
    migration: ({ version }) => versions.has(versionKey(version)),
    repeatable: ({ name }) => repeatables.has(name),
  };
  if (like !== undefined && (start?.applied ?? 0) === 0) await makeLikeNew(shadow, like);
  if (migrations.length > (start?.applied ?? 0)) {
    await run(context, { only, withoutRepeatables: true });
    await start?.keep(migrations.length);
  }
  if (repeatables.size > 0) await run(context, { only });
}

async function run(context: DatabaseContext, options: RunOptions): Promise<void> {
  for (;;) {
    const { failure } = await migrate(context, { outOfOrder: true }, options);
    if (!failure) return;
    if (!(await createsRole(context, failure))) throw withRemedy(context, failure);
  }
}

/** Creates the role for lack of which a statement failed. @returns false if there was another reason */
async function createsRole(context: DatabaseContext, failure: Failure): Promise<boolean> {
  const role = context.signal.aborted ? undefined : missingRole(context, failure);
  return role !== undefined && (await createRoles(context, [role]));
}
