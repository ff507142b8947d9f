import { byKey } from "../../core/catalog/schema-comparison.ts";
import { differencesOf } from "../../core/drift/compare.ts";
import type { DriftedObject, DriftReport, LastApply } from "../../core/drift/drift-report.ts";
import { forgive, ignoring, isHad, platformOf, type Surroundings } from "../../core/drift/forgive.ts";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import type { UsedStandIn } from "../../core/stand-ins/used-stand-in.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { Portable } from "../schema/privileges-sql.ts";
import { readGroups, readObjectsOf, readUnreadable, type Shared } from "../schema/read-schema.ts";
import { allQueries, digestsSql, kindsNeeding } from "../schema/schema-sql.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inSnapshot } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { ownObjects } from "../shadow/prove-downs.ts";
import { replayChosen } from "../shadow/replay-chosen.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { usedStandIns } from "../shadow/stand-ins.ts";
import type { TrialNote } from "../shadow/trial-start.ts";
import { appliedFiles, type LiveHistory, readLiveHistory } from "./applied-files.ts";
import { compareWithLastApply, parserFor } from "./fingerprint.ts";
import { migratorSql, readSurroundings } from "./surroundings.ts";

export interface DriftOptions {
  /** Gives an empty database. */
  readonly inShadow: InShadow;
  /** Patterns for objects that do not count. */
  readonly ignore?: readonly string[];
  /** Keeps what the migrations make, so that a database without drift needs no shadow database. */
  readonly noteOf?: (migrations: readonly Migration[], more: unknown) => Promise<TrialNote | undefined>;
}

/**
 * Compares the schema of the database with the one that its applied migrations make in an empty database. Only reads
 * from the database.
 * @throws Failure directory-unreadable, files-unsound, history-conflict, history-foreign, shadow-not-empty, those of
 *   connecting, and those of a run
 */
export async function findDrift(context: DatabaseContext, options: DriftOptions): Promise<DriftReport> {
  const history = await readLiveHistory(context);
  const applied = appliedFiles(context, history);
  const { migrations, repeatables, like, warnings } = applied;
  const portable = { like };
  // The server reads its catalog while the shadow database starts.
  const reading = settled(readLive(context, history, portable));
  const note = await options.noteOf?.(migrations, [NOTE_FORMAT, like, applied.checksums]);
  const report = (live: Live, made: Omit<Made, "groups">, { found, surroundings, kinds }: Found): DriftReport => ({
    type: "drift",
    database: context.database.description,
    shadow: made.shadow,
    ...{ migrations: migrations.length, repeatable: repeatables.size },
    ...forgive(found, ignoring(surroundings, options.ignore ?? []), kinds),
    platform: platformOf(surroundings)?.name,
    standIns: made.standIns,
    lastApply: live.lastApply,
    ...{ files: [], versions: [] },
    warnings: [...warnings, ...live.unreadable.flatMap((catalog) => unseenKinds(catalog, live))],
  });
  const known = readMade(note);
  if (known) {
    const live = unsettled(await reading);
    const isSame = live.unreadable.length === 0 && differing(live.groups, known.groups).length === 0;
    if (isSame) return report(live, known, NOTHING_FOUND);
  }
  return await options.inShadow(async (shadow, start) => {
    await replayChosen(shadow, applied, start);
    const live = unsettled(await reading);
    const { unreadable } = live;
    const read = (session: Session) => readGroups(session, ownObjects(shadow), { portable, unreadable });
    const groups = await withSession(shadow.database, DOING, read, shadow.signal);
    const made = { groups, shadow: shadow.database.description, standIns: await usedStandIns(shadow) };
    if (unreadable.length === 0) note?.keep(JSON.stringify({ ...made, groups: [...groups] }));
    return report(
      live,
      made,
      await compare(context, shadow, { live, portable, groups: differing(live.groups, groups) }),
    );
  }, applied);
}

/** What the migrations make. */
interface Made {
  readonly groups: Groups;
  readonly shadow: string;
  readonly standIns: readonly UsedStandIn[];
}

/** Another model of a schema gives other digests. */
const NOTE_FORMAT = `${digestsSql({ own: { tables: [], schema: undefined }, queries: allQueries(180_000) })}`;

/** Only pgstep writes notes, and each has the checksum of its text. */
function readMade(note: TrialNote | undefined): Made | undefined {
  const text = note?.read();
  if (text === undefined) return undefined;
  const made = JSON.parse(text) as Omit<Made, "groups"> & { readonly groups: readonly [string, string][] };
  return { ...made, groups: new Map(made.groups) };
}

function differing(one: Groups, other: Groups): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((group) => one.get(group) !== other.get(group));
}

type Settled<Value> = { readonly value: Value } | { readonly reason: unknown };

/** Keeps an error until the value is awaited. */
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

/** The schema of the live database, and what its role may not read of it. */
interface Live {
  readonly groups: Groups;
  readonly lastApply: LastApply | undefined;
  /** System catalogs. */
  readonly unreadable: readonly string[];
  readonly role: string;
  /** The role that runs the migrations, as SQL. */
  readonly migrator: string;
  /** As `Backend` has it. */
  readonly serverVersion: number;
}

/** Reads the schema at a moment when the database has this history. @throws Failure history-conflict */
async function readLive(context: DatabaseContext, { state }: LiveHistory, portable: Portable): Promise<Live> {
  const { database, settings, signal } = context;
  const sql = `SELECT version::pg_catalog.text AS version FROM ONLY ${tableNames(settings).history}`;
  const work = async (session: Session) => {
    const rows = state.historyExists ? await session.query(sql) : [];
    const versions = new Set(rows.map(({ version }) => String(version)));
    const isSame =
      versions.size === state.history.length && state.history.every(({ version }) => versions.has(version));
    if (!isSame) throw ranMeanwhile(database.description);
    const [owner] = await session.query(migratorSql(context));
    const unreadable = await readUnreadable(session);
    const groups = await readGroups(session, ownObjects(context), { portable, unreadable });
    const lastApply = state.journalExists ? await compareWithLastApply(context, session) : undefined;
    const { serverVersion } = session.backend;
    return { groups, unreadable, lastApply, migrator: String(owner?.name), role: state.role, serverVersion };
  };
  return await withSession(database, DOING, (session) => inSnapshot(session, () => work(session)), signal);
}

function ranMeanwhile(database: string): Failure {
  return new Failure("history-conflict", `Cannot compare the schema of ${database}: another run changed the history`, {
    hint: "Wait until the other run has ended, then run pgstep drift again.",
  });
}

interface Found {
  readonly found: readonly DriftedObject[];
  readonly surroundings: Surroundings;
  readonly kinds: ReadonlyMap<string, string>;
}

/** Reads the objects of the groups that differ: their facts decide, because versions spell some kinds differently. */
async function compare(
  context: DatabaseContext,
  shadow: DatabaseContext,
  { live, ...asked }: { readonly live: Live } & Omit<Wanted, "unreadable">,
): Promise<Found> {
  if (asked.groups.length === 0) return NOTHING_FOUND;
  const wanted = { ...asked, unreadable: live.unreadable };
  const [database, migrations] = await Promise.all([objectsOf(context, wanted), objectsOf(shadow, wanted)]);
  const objects = [...migrations.objects.values(), ...database.objects.values()];
  const parse = await parserFor(context)(objects);
  const all = differencesOf({ database: database.objects, migrations: migrations.objects }, parse);
  return {
    found: all.filter((one) => !isHad(one, live.migrator)),
    surroundings: database.surroundings,
    kinds: new Map(objects.filter(({ within }) => within === null).map(({ kind, name }) => [name, kind])),
  };
}

const NOTHING_FOUND: Found = { found: [], surroundings: { roles: [], extensions: [] }, kinds: new Map() };

function unseenKinds(catalog: string, { role, serverVersion }: Live): Finding[] {
  const kinds = kindsNeeding(catalog, serverVersion);
  if (kinds.length === 0) return [];
  const message = `the role ${role} may not read pg_catalog.${catalog}, so these kinds are not compared: ${enumeration([...new Set(kinds)])}`;
  const hint = `Connect as a role that may, or run: GRANT SELECT ON pg_catalog.${catalog} TO ${quoteIdentifier(role)};`;
  return [finding("drift-inexact", { message, hint })];
}

interface Wanted extends Shared {
  readonly groups: readonly string[];
}

async function objectsOf(context: DatabaseContext, { groups, ...shared }: Wanted) {
  const read = async (session: Session) => ({
    objects: byKey(await readObjectsOf(session, ownObjects(context), groups, shared)),
    surroundings: await readSurroundings(session),
  });
  const inOne = (session: Session) => inSnapshot(session, () => read(session));
  return await withSession(context.database, DOING, inOne, context.signal);
}
