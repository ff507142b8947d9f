import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryPlace, writeFiles } from "../../support/place.ts";
import type { PostgresServer } from "../../support/postgres-server.ts";
import { programCommand, type RuntimeName } from "../../support/program.ts";
import { untilTrue } from "../../support/until.ts";
import { type Child, type Ended, startChild, TIME_LIMIT_MS } from "./child.ts";
import { brokenIndexes, fingerprint } from "./fingerprint.ts";
import { runInProcess } from "./in-process.ts";
import { type FaultMigration, MIGRATIONS } from "./migrations.ts";
import { assertConsistent, OBSERVE_SQL, type Observation, observe, statesIn } from "./observation.ts";

/** A directory of migrations and a database for them, to be hurt. */
export interface Ground {
  readonly server: PostgresServer;
  readonly database: string;
  readonly url: string;
  readonly directory: string;
  /** Those that the directory has, where they leave traces. */
  readonly migrations: readonly FaultMigration[];
  /** Starts pgstep with --json. */
  start(words: readonly string[], options?: StartOptions): Child;
  /** Runs pgstep with --json to its end. */
  run(words: readonly string[], options?: StartOptions): Promise<Ended>;
  /** What the database has; fails when it contradicts itself. */
  observe(): Promise<Observation>;
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Waits until `sql` gives a true value. */
  until(sql: string, limitMs?: number): Promise<void>;
  /** Waits until the server has ended what it did for pgsteps that are gone. */
  atRest(): Promise<void>;
}

export interface StartOptions {
  readonly url?: string;
  /** The program and its first words, instead of the ground's own runtime. */
  readonly command?: readonly [string, ...string[]];
  readonly timeLimitMs?: number;
}

/** File name to text. */
export type Files = Readonly<Record<string, string>>;

function filesOf(migrations: readonly FaultMigration[]): Files {
  return Object.fromEntries(
    migrations.flatMap(({ name, up, down }) => [
      [`${name}.up.sql`, up],
      [`${name}.down.sql`, down],
    ]),
  );
}

export const FAULT_FILES: Files = filesOf(MIGRATIONS);

export interface GroundOptions {
  readonly migrations?: readonly FaultMigration[];
  /** Migrations instead of those. */
  readonly files?: Files;
  /** Files beside the directory of migrations, with the path below the ground's directory: "seeds/names.sql". */
  readonly beside?: Files;
  /** A database to copy; nobody may be connected to it. */
  readonly template?: string;
  /** Whether pgstep also comes through a pooler, whose sessions stay when they have nothing to do. */
  readonly pooled?: boolean;
  /** Whether `run` runs pgstep in this process, which is faster: see `runInProcess`. */
  readonly inProcess?: boolean;
}

/** Makes a place of its own: a new database, and a directory with these files. */
export async function makeGround(
  server: PostgresServer,
  runtime: RuntimeName,
  {
    migrations = MIGRATIONS,
    files = filesOf(migrations),
    beside = {},
    template,
    pooled = false,
    inProcess = false,
  }: GroundOptions = {},
): Promise<Ground> {
  const command = await programCommand(runtime);
  const directory = temporaryPlace("faults", beside);
  writeFiles(join(directory, "migrations"), files);
  const database = template ? await copyDatabase(server, template) : (await server.createDatabase(OBSERVE_SQL)).name;
  const url = `${server.url(database)}?sslmode=disable`;
  const ground: Ground = {
    server,
    database,
    url,
    directory,
    migrations,
    start: (words, options = {}) =>
      startChild(
        [...(options.command ?? command), ...words, "--json", "--dir", "migrations", "--url", options.url ?? url],
        directory,
        options.timeLimitMs,
      ),
    run(words, options = {}) {
      if (!inProcess || options.command) return ground.start(words, options).ended;
      const flags = ["--json", "--dir", join(directory, "migrations"), "--url", options.url ?? url];
      return runInProcess([...words, ...flags], directory, options.timeLimitMs ?? TIME_LIMIT_MS);
    },
    async observe() {
      const seen = await observe(server, database);
      assertConsistent(seen, migrations);
      return seen;
    },
    query: (sql) => server.query(database, sql),
    until: (sql, limitMs = 15_000) => untilTrue(ground.query, sql, limitMs),
    atRest: () =>
      ground.until(
        `SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '${database}' AND application_name = 'pgstep'${pooled ? " AND state <> 'idle'" : ""}`,
      ),
  };
  return ground;
}

let copies = 0;

async function copyDatabase(server: PostgresServer, template: string): Promise<string> {
  copies++;
  const name = `${template}_${copies}`;
  await server.copyDatabase(template, name);
  return name;
}

/** What an undisturbed `up` gives, to compare with. */
export interface Reference {
  /** A database with everything applied. */
  readonly applied: string;
  readonly fingerprint: readonly string[];
  /** Of the undisturbed run: its number of lines, and how long it took. */
  readonly lines: number;
  readonly durationMs: number;
}

export async function makeReference(server: PostgresServer, runtime: RuntimeName): Promise<Reference> {
  const ground = await makeGround(server, runtime);
  const { lines, durationMs } = succeeded(await ground.run(["up"]));
  await assertAllApplied(ground);
  return {
    applied: ground.database,
    fingerprint: await fingerprint(server, ground.database),
    lines: lines.length,
    durationMs,
  };
}

/** Fails with the whole story unless it ended well. */
export function succeeded(ended: Ended): Ended {
  assert.equal(ended.status, 0, ended.story);
  return ended;
}

/** Fails unless everything is applied, and exactly as an undisturbed run leaves it. */
export async function assertWhole(ground: Ground, reference: Reference): Promise<void> {
  await assertAllApplied(ground);
  assert.deepEqual(await fingerprint(ground.server, ground.database), reference.fingerprint);
}

async function assertAllApplied(ground: Ground): Promise<void> {
  const seen = await ground.observe();
  assert.deepEqual(
    statesIn(seen, ground.migrations),
    ground.migrations.map(({ version }) => `${version} applied`),
  );
  assert.deepEqual(await brokenIndexes(ground.server, ground.database), []);
}

/** Fails unless nothing at all is left. */
export async function assertEmpty(ground: Ground): Promise<void> {
  const seen = await ground.observe();
  assert.deepEqual([seen.history, seen.journal], [[], []]);
  const schemas = await ground.query("SELECT 1 FROM pg_namespace WHERE nspname = 'app'");
  assert.deepEqual(schemas, []);
}
