import { createHash } from "node:crypto";
import { placeholdersOf } from "../../core/placeholders/placeholders.ts";
import { digestOf, type PlanFile, type PlannedFile } from "../../core/plan/plan-file.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { RunPlan } from "../run/run-plan.ts";
import { readDigestsOfRelations } from "../schema/read-schema.ts";
import type { RelationNames } from "../schema/schema-sql.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inSnapshot } from "../session/own-transaction.ts";
import { ownObjects } from "../shadow/prove-downs.ts";

/* The contents of a plan file; a run computes its own and compares both. */

/** The files of a run, in the order in which they run. */
export function filesOf({ scripts, around }: RunPlan): PlannedFile[] {
  return [
    ...scripts.flatMap(({ step: { name, script, down } }): PlannedFile[] => [
      { kind: "migration", name, checksum: script?.checksum ?? null },
      ...(down ? [{ kind: "down script" as const, name, checksum: down.checksum }] : []),
    ]),
    ...around.repeatable.stale.map(
      ({ name, file }): PlannedFile => ({ kind: "repeatable migration", name, checksum: file.checksum }),
    ),
    // Of a command only what messages show: its variables may be secret.
    ...around.hooks.map(({ hook }): PlannedFile => {
      const isFile = "file" in hook;
      const name = `${hook.moment} ${isFile ? baseName(hook.name) : hook.name}`;
      return { kind: "hook", name, checksum: isFile ? hook.file.checksum : null };
    }),
  ];
}

/** The directory may be written in another way where the plan runs. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** The versions that a database has, with their checksums, and how far a migration that is not finished got. */
export function historyOf({ history, unfinished }: DatabaseState): PlanFile["history"] {
  const versions = history.map(({ version, checksum }) => [version, checksum]);
  return {
    applied: history.length,
    newest: history.at(-1)?.version ?? null,
    digest: digestOf([versions, unfinished.map(({ version, direction }) => [version, direction])]),
  };
}

/** The names of the placeholders, and a digest of the values that are not secret. */
export function placeholdersIn({ settings }: DatabaseContext): PlanFile["placeholders"] {
  const known = [...placeholdersOf(settings.placeholders)].sort(([one], [other]) => (one < other ? -1 : 1));
  const open = known.flatMap(([name, { value, secret }]) => (secret ? [] : [[name, value]]));
  return { names: known.map(([name]) => name), digest: digestOf(open) };
}

/** A digest of each of these relations, with its columns, indexes, constraints and triggers; of a missing one as well. */
export async function relationsOf(
  context: DatabaseContext,
  session: Session,
  relations: readonly RelationNames[],
): Promise<PlanFile["relations"]> {
  if (relations.length === 0) return [];
  const read = () => readDigestsOfRelations(session, ownObjects(context), relations);
  const digests = await inSnapshot(session, read);
  return relations.map(({ schema, name }, index) => {
    const hash = createHash("sha256");
    for (const digest of digests[index] ?? []) hash.update(digest);
    return { schema, name, digest: hash.digest("hex") };
  });
}
