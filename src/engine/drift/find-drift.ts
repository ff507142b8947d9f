import { needsNormalForm } from "../../core/catalog/fingerprint.ts";
import type { ParseSql } from "../../core/catalog/normal-query.ts";
import { byKey } from "../../core/catalog/schema-comparison.ts";
import type { FoundObject, ObjectFacts } from "../../core/catalog/schema-object.ts";
import { differencesOf } from "../../core/drift/compare.ts";
import type { DriftReport } from "../../core/drift/drift-report.ts";
import { Failure } from "../../core/failure/failure.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { readGroups, readObjectsOf } from "../schema/read-schema.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inSnapshot } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { ownObjects } from "../shadow/prove-downs.ts";
import { replayChosen } from "../shadow/replay-chosen.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { usedStandIns } from "../shadow/stand-ins.ts";
import { appliedFiles, type LiveHistory, readLiveHistory } from "./applied-files.ts";

export interface DriftOptions {
  /** Gives an empty database. */
  readonly inShadow: InShadow;
}

/**
 * Compares the schema of the database with the one that its applied migrations make in an empty database. Only reads
 * from the database.
 * @throws Failure directory-unreadable, files-unsound, history-conflict, history-foreign, shadow-not-empty, those of
 *   connecting, and those of a run
 */
export async function findDrift(context: DatabaseContext, { inShadow }: DriftOptions): Promise<DriftReport> {
  const history = await readLiveHistory(context);
  const applied = appliedFiles(context, history);
  const { migrations, repeatables, warnings } = applied;
  // The server reads its catalog while the shadow database starts.
  const reading = settled(readLive(context, history));
  return await inShadow(async (shadow, start) => {
    await replayChosen(shadow, applied, start);
    const made = await readMade(shadow);
    const live = unsettled(await reading);
    const differences = await compare(context, shadow, live, made);
    return {
      type: "drift",
      database: context.database.description,
      shadow: shadow.database.description,
      ...{ migrations: migrations.length, repeatable: repeatables.size, differences, warnings },
      ...{ ignored: 0, ofPlatform: 0, platform: undefined },
      standIns: await usedStandIns(shadow),
    };
  }, migrations);
}

type Settled<Value> = { readonly value: Value } | { readonly reason: unknown };

/** Keeps an error until somebody waits for the value. */
async function settled<Value>(promise: Promise<Value>): Promise<Settled<Value>> {
  return await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
}

function unsettled<Value>(result: Settled<Value>): Value {
  if ("reason" in result) throw result.reason;
  return result.value;
}

const DOING = "read the schema of";

/** See `readGroups`. */
type Groups = ReadonlyMap<string, string>;

async function readMade(context: DatabaseContext): Promise<Groups> {
  const read = (session: Session) => readGroups(session, ownObjects(context));
  return await withSession(context.database, DOING, read, context.signal);
}

/** Reads the schema at a moment when the database has this history. @throws Failure history-conflict */
async function readLive(context: DatabaseContext, { state }: LiveHistory): Promise<Groups> {
  const { database, settings, signal } = context;
  const sql = `SELECT version::pg_catalog.text AS version FROM ONLY ${tableNames(settings).history}`;
  const work = async (session: Session) => {
    const rows = state.historyExists ? await session.query(sql) : [];
    const versions = new Set(rows.map(({ version }) => String(version)));
    const isSame =
      versions.size === state.history.length && state.history.every(({ version }) => versions.has(version));
    if (!isSame) throw ranMeanwhile(database.description);
    return await readGroups(session, ownObjects(context));
  };
  return await withSession(database, DOING, (session) => inSnapshot(session, () => work(session)), signal);
}

function ranMeanwhile(database: string): Failure {
  return new Failure("history-conflict", `Cannot compare the schema of ${database}: another run changed the history`, {
    hint: "Wait until the other run has ended, then run pgstep drift again.",
  });
}

/** Reads the objects of the groups that differ: their facts decide, because versions spell some kinds differently. */
async function compare(context: DatabaseContext, shadow: DatabaseContext, live: Groups, made: Groups) {
  const groups = [...new Set([...live.keys(), ...made.keys()])].filter((one) => live.get(one) !== made.get(one));
  if (groups.length === 0) return [];
  const [database, migrations] = await Promise.all([objectsOf(context, groups), objectsOf(shadow, groups)]);
  const parse = await parserFor(context, [...database.values(), ...migrations.values()]);
  return differencesOf({ database, migrations }, parse);
}

async function objectsOf(context: DatabaseContext, groups: readonly string[]): Promise<Map<string, FoundObject>> {
  const read = (session: Session) => inSnapshot(session, () => readObjectsOf(session, ownObjects(context), groups));
  return byKey(await withSession(context.database, DOING, read, context.signal));
}

/** A parser of the queries in these objects, which are parsed at once. */
async function parserFor({ sqlParser }: DatabaseContext, objects: readonly ObjectFacts[]): Promise<ParseSql> {
  const parser = await sqlParser?.();
  const texts = new Set(objects.filter(needsNormalForm).flatMap(({ facts }) => [facts.query, facts.definition]));
  const trees = new Map<string, unknown>();
  for (const text of texts) {
    if (typeof text !== "string" || !parser) continue;
    const parsed = await parser.parse(text);
    if (parsed.kind === "parsed") trees.set(text, parsed.trees());
  }
  return (text) => {
    const tree = trees.get(text);
    if (tree === undefined) throw new Error("the text was not parsed");
    return tree;
  };
}
