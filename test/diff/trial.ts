import { Failure } from "../../src/core/failure/failure.ts";
import { type Diff, diffSchemas } from "../../src/engine/diff/diff.ts";
import { runFile } from "../../src/engine/diff/prove-files.ts";
import { fill } from "../../src/engine/diff/sources.ts";
import { dumpSchema } from "../../src/engine/dump/dump-schema.ts";
import type { DatabaseContext } from "../../src/engine/session/context.ts";
import { withSession } from "../../src/engine/session/with-session.ts";
import type { Session } from "../../src/ports/session.ts";
import { open, type World, world } from "../engine/support.ts";
import { findPgDump, dumpSchema as realDump } from "../support/pg-dump.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { builtDump } from "../support/schema-dump.ts";
import { dumpDifferences } from "./dump-comparison.ts";
import { fillTables, keptRows, unannounced } from "./rows.ts";

const ROLES = ["reader", "writer"]
  .map((role) => `IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role}; END IF;`)
  .join(" ");

/** The result of one direction of a pair. */
export interface Outcome {
  /** "fails" if the statements do not run on the server that they are for. */
  readonly verdict: "equal" | "refused" | "different" | "loses" | "fails";
  readonly reasons: readonly string[];
  /** Values that are spelled differently, and failures that only rows cause. */
  readonly notes: readonly string[];
  readonly sql: string;
  /** The announced ones. */
  readonly losses?: readonly string[];
}

/** A server, and a context that new databases of it get. */
export interface Place {
  readonly server: PostgresServer;
  readonly context: DatabaseContext;
}

/** Where statements are found, and the server that they are for. */
export interface TrialPlaces {
  readonly shadow: Place;
  readonly target: Place;
}

let dump: ReturnType<typeof builtDump> | undefined;

/** @param shadow the server of the embedded database's version */
export async function trialPlaces(shadow: PostgresServer, target: PostgresServer): Promise<TrialPlaces> {
  return { shadow: await placeOn(shadow), target: await placeOn(target) };
}

/** Creates the roles that the pairs name. */
async function placeOn(server: PostgresServer): Promise<Place> {
  await server.query("postgres", `DO $$ BEGIN ${ROLES} END $$`);
  const { context }: World = await world({}, { server });
  return {
    server,
    context: {
      ...context,
      fileSystem: { ...context.fileSystem, read: (path: string) => [Buffer.from(texts.get(path) ?? "")] },
      schemaDump: () => (dump ??= builtDump()),
      emit: () => {},
      isRehearsal: true,
    },
  };
}

/** The SQL of the schemas by the names of their files. */
const texts = new Map<string, string>();

/** The context of a database that was created for a trial. */
export interface NewDatabase extends DatabaseContext {
  readonly name: string;
  readonly url: string;
}

/** Runs work in a new database, which is dropped afterwards. */
export function inNewDatabase({ server, context }: Place) {
  return async <Result>(work: (context: NewDatabase) => Promise<Result>): Promise<Result> => {
    const { name, url } = await server.createDatabase();
    const database = open(url);
    try {
      return await work({ ...context, database, name, url });
    } finally {
      await database.close();
      await server.query("postgres", `DROP DATABASE "${name}" WITH (FORCE)`);
    }
  };
}

export const source = (name: string) => ({ kind: "file" as const, name });

/**
 * Writes the statements from one schema to another as `pgstep diff` does, and runs them on a database whose tables have
 * rows. The result is judged by the text of pg_dump.
 * @param safe for the files of diff --write: "1" for those that avoid long locks, "0" for others
 */
export async function tryPair(
  places: TrialPlaces,
  number: string,
  before: string,
  after: string,
  safe = process.env.SAFE,
): Promise<Outcome> {
  const [from, to] = named(number, before, after);
  const { shadow, target } = places;
  try {
    const diff = await diffSchemas(inNewDatabase(shadow), {
      ...{
        from: source(from),
        to: source(to),
        renames: [],
        wants: safe === undefined ? "statements" : "files",
        isSafe: safe === "1",
      },
      major: target.server.major,
    });
    return await judged(target, diff, from, to);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const verdict = error.code === "diff-incomplete" ? "refused" : "fails";
    return { verdict, reasons: [error.message], notes: [], sql: "" };
  }
}

/** The names by which both schemas are read as files. */
export function named(number: string, before: string, after: string): readonly [from: string, to: string] {
  const [from, to] = [`${number}-before.sql`, `${number}-after.sql`];
  texts.set(from, before).set(to, after);
  return [from, to];
}

async function judged(place: Place, diff: Diff, from: string, to: string): Promise<Outcome> {
  const run = async (context: DatabaseContext) => {
    for (const { up, isOutside } of diff.files) await runFile(context, up, isOutside);
  };
  const judgement = await judgeRun(place, { from, to, run, losses: diff.losses });
  return { ...judgement, losses: diff.losses, sql: diff.files.map(({ up }) => up).join("\n") };
}

/** What changes one schema into another. */
export interface Trial {
  /** The names of the schemas. */
  readonly from: string;
  readonly to: string;
  /** Changes a database that has the first. @throws Failure if the statements fail */
  readonly run: (context: NewDatabase) => Promise<void>;
  /** The announced ones; undefined if all may be lost. */
  readonly losses: readonly string[] | undefined;
}

/** Runs statements on a database with rows, or else on one without, and compares the result with the wanted schema. */
export async function judgeRun(place: Place, { from, to, run, losses }: Trial): Promise<Omit<Outcome, "sql">> {
  const inNew = inNewDatabase(place);
  let wanted = dumps.get(texts.get(to) ?? "");
  if (wanted === undefined) {
    wanted = await inNew(async (context) => {
      await fill(context, source(to));
      return await dumpOf(place, context);
    });
    dumps.set(texts.get(to) ?? "", wanted);
  }
  const notes: string[] = [];
  const change = (hasRows: boolean) =>
    inNew(async (context) => {
      await fill(context, source(from));
      if (hasRows) await on(context, fillTables);
      const rows = await on(context, keptRows);
      await run(context);
      const { lost, changed } = losses
        ? unannounced(rows, await on(context, keptRows), losses)
        : { lost: [], changed: [] };
      notes.push(...changed);
      return { lost, differences: dumpDifferences(await dumpOf(place, context), wanted) };
    });
  let found: Awaited<ReturnType<typeof change>>;
  try {
    found = await change(true);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    notes.push(`with rows: ${error.message}`);
    try {
      found = await change(false);
    } catch (again) {
      if (!(again instanceof Failure)) throw again;
      return { verdict: "fails", reasons: [again.message], notes };
    }
  }
  const { lost, differences } = found;
  if (differences.length > 0) return { verdict: "different", reasons: differences, notes };
  if (lost.length > 0) return { verdict: "loses", reasons: lost, notes };
  return { verdict: "equal", reasons: [], notes };
}

/** The text of pg_dump for each schema that was wanted. */
const dumps = new Map<string, string>();

function on<Result>(context: DatabaseContext, work: (session: Session) => Promise<Result>): Promise<Result> {
  return withSession(context.database, "try", work);
}

let found: string | undefined;

/** By the pg_dump of the server's own version where the machine has one, else by the embedded one. */
async function dumpOf({ server }: Place, context: NewDatabase): Promise<string> {
  found ??= findPgDump(server.major);
  if (found !== undefined) return await realDump(found, server, context.name, []);
  return (await dumpSchema(context, "database", { owners: false, privileges: true, rows: [] })).text;
}
