import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import { inSnapshot } from "../../../src/engine/session/own-transaction.ts";
import type { Row } from "../../../src/ports/session.ts";
import { builtDump } from "../../support/schema-dump.ts";
import { type PlanWishes, planOf } from "../plan/support.ts";
import { type Files, type ServerWorld, world } from "../support.ts";

export const MAJORS = [15, 18] as const;
export type Major = (typeof MAJORS)[number];

/** A world whose migrations directory has one for repeatable migrations and one for hooks inside. */
export async function wholeWorld(files: Files, major: Major, settings: Partial<Settings> = {}): Promise<ServerWorld> {
  const one = await world({ "repeatable/.keep": "", "hooks/.keep": "", ...files }, { major });
  const { directory } = one;
  return one.beside({
    repeatableDirectory: `${directory}/repeatable`,
    hooksDirectory: `${directory}/hooks`,
    ...settings,
  });
}

/** The plan of a world as a script. */
export async function scriptOf(one: ServerWorld, wishes: PlanWishes = {}): Promise<string> {
  let script = "";
  await planOf(one, {
    ...wishes,
    script: (sql) => {
      script = sql;
    },
  });
  return script;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function written(one: ServerWorld, script: string): string {
  const path = join(one.directory, "..", `script-${Math.random().toString(36).slice(2)}.sql`);
  writeFileSync(path, script);
  return path;
}

/** Runs a script by PostgreSQL's own psql. */
export async function psql(one: ServerWorld, script: string, url = one.url): Promise<Outcome> {
  const path = written(one, script);
  return await new Promise((resolve) => {
    execFile("psql", ["-X", "-f", path, url], (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Starts psql with a script. */
export function startPsql(one: ServerWorld, script: string): ChildProcess {
  return spawn("psql", ["-X", "-f", written(one, script), one.url], { stdio: "ignore" });
}

/** The state that a run leaves in the database: pgstep's tables without times, and the schema. */
export async function stateOf(one: ServerWorld) {
  const rowsOf = async (table: string, columns: string): Promise<Row[] | undefined> => {
    if ((await one.value(`SELECT to_regclass('${table}') IS NULL`)) === true) return undefined;
    return await one.rows(`SELECT ${columns} FROM ${table} ORDER BY 1, 2, 3`);
  };
  return {
    history: await rowsOf(
      "schema_migrations",
      "version, description, checksum, applied_by, tool_version, down_script, applied_at > now() AT TIME ZONE 'UTC' - '1h'::interval AS dated, duration_ms IS NULL OR duration_ms >= 0 AS timed",
    ),
    journal: await rowsOf(
      "schema_migrations_steps",
      "version, direction, statement, hash, finished_at IS NULL AS unfinished",
    ),
    repeatable: await rowsOf("schema_migrations_repeatable", "name, checksum, applied_by, tool_version, views"),
    schema: await schemaOf(one),
  };
}

/** The schema as pg_dump writes it. */
async function schemaOf({ database }: ServerWorld): Promise<string> {
  const dump = await builtDump();
  const session = await database.open();
  try {
    const request = { section: "whole", owners: true, privileges: true, lockTimeoutMs: 0 } as const;
    return await inSnapshot(session, () => dump.write(session, request, new AbortController().signal));
  } finally {
    await session.close();
  }
}

export interface Compared {
  readonly files: Files;
  readonly major: Major;
  /** Written after the first run of `up`. */
  readonly change?: Files;
  /** SQL that runs between the two. */
  readonly between?: string;
  readonly settings?: Partial<Settings>;
  readonly wishes?: PlanWishes;
}

/**
 * Applies the same files by `up` and by psql, after the same first run of `up` to version 001, and compares what is
 * left, also if both fail.
 */
export async function compared({ files, major, change = {}, between, settings, wishes = {} }: Compared) {
  const [byUp, byScript] = [await wholeWorld(files, major, settings), await wholeWorld(files, major, settings)];
  for (const one of [byUp, byScript]) {
    const { failure } = await one.up({ to: "001" });
    assert.equal(failure, undefined, String(failure));
    if (between !== undefined) await one.rows(between);
    one.write(change);
  }
  const { failure } = await byUp.up({}, { singleTransaction: wishes.singleTransaction ?? false });
  const script = await scriptOf(byScript, wishes);
  const outcome = await psql(byScript, script);
  assert.equal(outcome.status, failure ? 3 : 0, `${failure?.message}\n${outcome.stderr}`);
  assert.deepEqual(await stateOf(byScript), await stateOf(byUp));
  return { byUp, byScript, script, failure, ...outcome };
}
