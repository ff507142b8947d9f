import { named } from "../../core/check/words.ts";
import { changedRelations, makerOf } from "../../core/trace/changed-relations.ts";
import type { Relation, TracedFile } from "../../core/trace/trace.ts";
import { filesWith } from "../files/committed-files.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { readRelations } from "../trace/contents.ts";

/** The repeatable migrations as they were where the current branch began. */
export interface EarlierRepeatables {
  /** The texts of those that have changed since, by their paths. */
  readonly texts: ReadonlyMap<string, Uint8Array>;
  /** The paths of those that did not exist. */
  readonly added: ReadonlySet<string>;
}

/**
 * Applies the repeatable migrations as they were, because production has their objects. If they cannot be applied after
 * the new migrations, none is kept, and the changed ones are examined like new ones.
 * @returns all relations afterwards
 */
export async function applyEarlier(
  context: DatabaseContext,
  { texts, added }: EarlierRepeatables,
): Promise<readonly Relation[]> {
  const { database, signal } = context;
  const fileSystem = filesWith(context.fileSystem, texts, added);
  const { failure } = await migrate({ ...context, fileSystem }, {}, {});
  if (failure) {
    if (signal.aborted) throw failure;
    return [];
  }
  const relations = await withSession(database, "inspect", (session) => readRelations(session, 0), signal);
  return [...relations.values()];
}

/** The file with the views that pgstep has dropped before it, because the file cannot replace them as they were. */
export function withReplaced(file: TracedFile, earlier: readonly Relation[]): TracedFile {
  if (earlier.length === 0) return file;
  const made = changedRelations(file).filter(({ before }) => !before);
  const replaced = made.flatMap((changed) => {
    const old = earlier.find(
      (one) => !file.before.has(one.oid) && !file.after.has(one.oid) && named(one) === named(changed.relation),
    );
    const statement = makerOf(file, changed)?.statement;
    return old && statement ? [{ old, statement }] : [];
  });
  if (replaced.length === 0) return file;
  const drop = {
    after: undefined,
    lock: "AccessExclusive",
    held: undefined,
    rewritten: false,
    scanned: false,
  } as const;
  return {
    ...file,
    before: new Map([...file.before, ...replaced.map(({ old }) => [old.oid, old] as const)]),
    statements: file.statements.map((statement) => {
      const dropped = replaced
        .filter((one) => one.statement === statement)
        .map(({ old }) => ({ before: old, ...drop }));
      return dropped.length > 0 ? { ...statement, touches: [...dropped, ...statement.touches] } : statement;
    }),
  };
}
