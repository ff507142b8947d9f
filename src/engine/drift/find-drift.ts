import { needsNormalForm } from "../../core/catalog/fingerprint.ts";
import type { ParseSql } from "../../core/catalog/normal-query.ts";
import { byKey } from "../../core/catalog/schema-comparison.ts";
import { keyOf, type ObjectFacts, type SchemaObject } from "../../core/catalog/schema-object.ts";
import { differencesOf, type FoundObject } from "../../core/drift/compare.ts";
import type { DriftReport } from "../../core/drift/drift-report.ts";
import { Failure } from "../../core/failure/failure.ts";
import { tableNames } from "../history/history-table.ts";
import { readFacts, readSchema } from "../schema/read-schema.ts";
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
    const made = byKey(await readAll(shadow));
    const live = byKey(unsettled(await reading));
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

function readAll(context: DatabaseContext): Promise<SchemaObject[]> {
  const read = (session: Parameters<typeof readSchema>[0]) => readSchema(session, ownObjects(context), true);
  return withSession(context.database, DOING, read, context.signal);
}

/** Reads the schema at a moment when the database has this history. @throws Failure history-conflict */
async function readLive(context: DatabaseContext, { state }: LiveHistory): Promise<SchemaObject[]> {
  const { database, settings, signal } = context;
  const sql = `SELECT version::pg_catalog.text AS version FROM ONLY ${tableNames(settings).history}`;
  const versions = (list: readonly { readonly version?: unknown }[]) =>
    JSON.stringify(list.map(({ version }) => String(version)).sort());
  return await withSession(
    database,
    DOING,
    (session) =>
      inSnapshot(session, async () => {
        const rows = state.historyExists ? await session.query(sql) : [];
        if (versions(rows) !== versions(state.history)) throw ranMeanwhile(database.description);
        return await readSchema(session, ownObjects(context), true);
      }),
    signal,
  );
}

function ranMeanwhile(database: string): Failure {
  return new Failure("history-conflict", `Cannot compare the schema of ${database}: another run changed the history`, {
    hint: "Wait until the other run has ended, then run pgstep drift again.",
  });
}

type Objects = ReadonlyMap<string, SchemaObject>;

/** Reads the facts of the objects whose digests differ: they decide, because some kinds are spelled differently. */
async function compare(context: DatabaseContext, shadow: DatabaseContext, live: Objects, made: Objects) {
  const isSame = ({ digest, ...key }: SchemaObject, other: Objects) => other.get(keyOf(key))?.digest === digest;
  const ofLive = [...live.values()].filter((object) => !isSame(object, made));
  const ofMade = [...made.values()].filter((object) => !isSame(object, live));
  if (ofLive.length + ofMade.length === 0) return [];
  const [database, migrations] = await Promise.all([factsOf(context, ofLive), factsOf(shadow, ofMade)]);
  const parse = await parserFor(context, [...database.values(), ...migrations.values()]);
  return differencesOf({ database, migrations }, parse);
}

async function factsOf(context: DatabaseContext, objects: readonly SchemaObject[]): Promise<Map<string, FoundObject>> {
  if (objects.length === 0) return new Map();
  const within = new Map(objects.map((object) => [keyOf(object), object.within]));
  const found = await withSession(
    context.database,
    DOING,
    (session) => inSnapshot(session, () => readFacts(session, ownObjects(context), objects, true)),
    context.signal,
  );
  return byKey(found.map((object) => ({ ...object, within: within.get(keyOf(object)) ?? null })));
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
