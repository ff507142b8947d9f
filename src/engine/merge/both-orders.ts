import type { SchemaVerbs } from "../../core/catalog/schema-comparison.ts";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { compareVersions } from "../../core/migrations/version.ts";
import type { MergeOutcome, MergeTest } from "../../core/reports/check-report.ts";
import type { Session } from "../../ports/session.ts";
import { SchemaState } from "../schema/schema-state.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { ownObjects } from "../shadow/prove-downs.ts";
import { replayChosen } from "../shadow/replay-chosen.ts";
import type { InShadow } from "../shadow/shadow.ts";
import type { TrialStart } from "../shadow/trial-start.ts";
import { type Meanwhile, readBranches } from "./meanwhile.ts";

/** The result of a test, and what was found. */
export interface TestedMerge {
  readonly test: MergeTest;
  readonly findings: readonly Finding[];
}

/**
 * Runs the new migrations of this branch and those that its base has got meanwhile in both orders, each in an empty
 * database after the migrations that both have, and compares the schemas.
 * @returns undefined if one of the branches has no migrations of its own
 * @throws Failure interrupted, terminated and those of connecting
 */
export async function testMerge(
  context: Context,
  inShadow: InShadow,
  meanwhile: Meanwhile,
): Promise<TestedMerge | undefined> {
  const { commit } = meanwhile;
  const branches = await readBranches(context, meanwhile);
  const own = branches.own.filter((one) => !branches.theirs.includes(one));
  const theirs = branches.theirs.filter((one) => !branches.own.includes(one));
  if (own.length === 0 || theirs.length === 0) return undefined;
  const known = { base: commit, own: own.length, theirs: theirs.length };
  if (branches.because !== undefined) return untested(known, branches.because);
  const run = (first: readonly Migration[], then: readonly Migration[]) =>
    runInOrder({ ...context, fileSystem: branches.fileSystem }, inShadow, { common: branches.common, first, then });
  const ownLast = await run(branches.theirs, own);
  if (ownLast.kind === "unprepared") return untested(known, ownLast.because);
  const ownFirst = await run(branches.own, theirs);
  if (ownFirst.kind === "unprepared") return untested(known, ownFirst.because);
  const findings = [
    ...(ownLast.kind === "failed" ? [ownFails(ownLast.failure, commit)] : []),
    ...(ownFirst.kind === "failed" ? [theirsFail(ownFirst.failure, commit, isFirst(own, theirs))] : []),
  ];
  if (ownLast.kind === "failed" || ownFirst.kind === "failed") return tested(known, "fails", findings);
  const differences = ownFirst.schema.differencesTo(ownLast.schema, WORDS);
  if (differences.length === 0) return tested(known, "same", []);
  return tested(known, "different", [depends(differences, commit, own)]);
}

type Known = Pick<MergeTest, "base" | "own" | "theirs">;

function tested(known: Known, outcome: MergeOutcome, findings: readonly Finding[]): TestedMerge {
  return { test: { ...known, outcome }, findings };
}

function untested(known: Known, because: string): TestedMerge {
  return { test: { ...known, outcome: "untested", because }, findings: [] };
}

type Ran =
  | { readonly kind: "ran"; readonly schema: SchemaState }
  /** One of the migrations that run last cannot be applied. */
  | { readonly kind: "failed"; readonly failure: Failure }
  /** One of the others cannot be applied. */
  | { readonly kind: "unprepared"; readonly because: string };

interface Order {
  readonly common: readonly Migration[];
  readonly first: readonly Migration[];
  readonly then: readonly Migration[];
}

async function runInOrder(
  { fileSystem, signal }: Pick<Context, "fileSystem" | "signal">,
  inShadow: InShadow,
  { common, first, then }: Order,
): Promise<Ran> {
  const beginning = { migrations: common };
  return await inShadow(async (empty, start): Promise<Ran> => {
    const shadow: DatabaseContext = { ...empty, fileSystem, signal };
    const attempt = (migrations: readonly Migration[]) => failureOf(shadow, migrations);
    // The image of the database belongs to the files that are examined.
    const unkept = start && { ...start, keep: async () => {} };
    const before = [...common, ...first];
    const unprepared = (await failureOf(shadow, common, unkept)) ?? (await attempt(before));
    if (unprepared) return { kind: "unprepared", because: reasonOf(unprepared) };
    const failure = await attempt([...before, ...then]);
    if (failure) return { kind: "failed", failure };
    const read = (session: Session) => SchemaState.read(session, ownObjects(shadow));
    return { kind: "ran", schema: await withSession(shadow.database, "read the schema of", read, signal) };
  }, beginning);
}

/** Applies the migrations that are not applied yet. @returns why one of them cannot be applied */
async function failureOf(
  shadow: DatabaseContext,
  migrations: readonly Migration[],
  start?: TrialStart,
): Promise<Failure | undefined> {
  try {
    await replayChosen(shadow, { migrations, repeatables: new Set() }, start);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || shadow.signal.aborted) throw error;
    return error;
  }
}

function reasonOf({ message, findings: [first] }: Failure): string {
  return first?.message ?? message;
}

/** True if one of these migrations has a lower version than one of the others. */
function isFirst(own: readonly Migration[], theirs: readonly Migration[]): boolean {
  return own.some((one) => theirs.some((other) => compareVersions(one.version, other.version) < 0));
}

function ownFails(failure: Failure, commit: string): Finding {
  return {
    rule: "merge-fails",
    severity: "error",
    message: `${reasonOf(failure)}; it fails only after the migrations that ${commit} has got meanwhile`,
    hint: "Merge that branch into yours, and change your migration so that it runs after those.",
    ...(failure.place && { place: failure.place }),
  };
}

/** @param isInOrder true if a new database applies the migrations in this order */
function theirsFail(failure: Failure, commit: string, isInOrder: boolean): Finding {
  return {
    rule: "merge-fails",
    severity: isInOrder ? "error" : "warning",
    message: `${reasonOf(failure)}; it is a migration of ${commit}, and fails only after those of this branch`,
    hint: isInOrder
      ? "Merge that branch into yours, and give your migrations higher versions: pgstep new --renumber <version>=<free version>"
      : "It fails only on databases that have applied the migrations of this branch before the merge: reset those.",
    ...(failure.place && { place: failure.place }),
  };
}

/** How the schema with own migrations last differs from the other one. */
const WORDS: SchemaVerbs = { added: "has", removed: "lacks", changed: "changes" };

function depends(differences: readonly string[], commit: string, own: readonly Migration[]): Finding {
  const [only, ...others] = own;
  return finding("merge-differs", {
    message: `the schema depends on the order: if the migrations of this branch run after those of ${commit} and not before them, it ${differences.join("; ")}`,
    hint: "Merge that branch into yours, and change your migrations so that both orders make the same schema.",
    ...(only && others.length === 0 && { place: { path: only.up.path } }),
  });
}
