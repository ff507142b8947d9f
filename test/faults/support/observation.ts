import assert from "node:assert/strict";
import type { PostgresServer } from "../../support/postgres-server.ts";
import type { FaultMigration } from "./migrations.ts";

type Direction = "up" | "down";

/** What a database really has, read in one snapshot. */
export interface Observation {
  /** Recorded versions, lowest first. */
  readonly history: readonly string[];
  readonly journal: readonly { version: string; direction: Direction; statement: number; finished: boolean }[];
  /** How often each traced statement took effect. */
  readonly traces: readonly { version: string; direction: Direction; statement: number; count: number }[];
}

/** To be run in a database before pgstep ever sees it. Stable, so that all its queries see one snapshot. */
export const OBSERVE_SQL = `
SET LOCAL synchronous_commit = on;
CREATE SCHEMA faults;
CREATE TABLE faults.trace (version text, direction text, statement integer);
CREATE FUNCTION faults.rows_of(query text) RETURNS json STABLE LANGUAGE plpgsql AS $$
DECLARE result json;
BEGIN
  EXECUTE format('SELECT coalesce(json_agg(r), ''[]'') FROM (%s) AS r', query) INTO result;
  RETURN result;
EXCEPTION WHEN undefined_table THEN
  RETURN '[]';
END $$;
CREATE FUNCTION faults.observe() RETURNS json STABLE LANGUAGE sql AS $$
SELECT json_build_object(
  'history', faults.rows_of('SELECT version FROM public.schema_migrations ORDER BY version'),
  'journal', faults.rows_of('SELECT version, direction, statement, finished_at IS NOT NULL AS finished
    FROM public.schema_migrations_steps ORDER BY version, direction, statement'),
  'traces', faults.rows_of('SELECT version, direction, statement, count(*) FROM faults.trace
    GROUP BY version, direction, statement ORDER BY version, direction, statement'))
$$;`;

export async function observe(server: PostgresServer, database: string): Promise<Observation> {
  const [row] = await server.query(database, "SELECT faults.observe()::text AS seen");
  const seen = JSON.parse(String(row?.seen)) as Omit<Observation, "history"> & { history: { version: string }[] };
  return { ...seen, history: seen.history.map(({ version }) => version) };
}

/** What is the case with a migration, as `pgstep status` calls it. */
export function stateIn(seen: Observation, version: string): "pending" | "unfinished" | "applied" {
  if (seen.journal.some((entry) => entry.version === version)) return "unfinished";
  return seen.history.includes(version) ? "applied" : "pending";
}

/**
 * How often one direction of a migration took effect as a whole: as its statement that did so least often. A journal says
 * that its last time has no end yet, although all of its statements may be finished.
 */
export function effectsOf(seen: Observation, { version, traced }: FaultMigration, direction: Direction): number {
  const least = Math.min(...traced[direction].map((statement) => timesOf(seen, version, direction, statement)));
  const isFinished = (statement: number) =>
    seen.journal.some(
      (one) => one.version === version && one.direction === direction && one.statement === statement && one.finished,
    );
  return traced[direction].every(isFinished) ? least - 1 : least;
}

export function timesOf({ traces }: Observation, version: string, direction: Direction, statement: number): number {
  const found = traces.find(
    (one) => one.version === version && one.direction === direction && one.statement === statement,
  );
  return found?.count ?? 0;
}

/** Versions that are neither recorded nor begun, and so on. */
export function statesIn(seen: Observation, migrations: readonly FaultMigration[]): string[] {
  return migrations.map(({ version }) => `${version} ${stateIn(seen, version)}`);
}

/**
 * Fails unless history, journal and what really took effect agree: a recorded migration took effect once more than it
 * was undone, one that is not recorded just as often, and of one that is under way exactly the finished statements.
 */
export function assertConsistent(seen: Observation, migrations: readonly FaultMigration[]): void {
  const faults = migrations.flatMap((migration) => faultsOf(seen, migration));
  assert.deepEqual(faults, [], `history, journal and effects disagree: ${JSON.stringify(seen)}`);
}

function faultsOf(seen: Observation, { version, alone, traced }: FaultMigration): string[] {
  const journal = seen.journal.filter((entry) => entry.version === version);
  const [entry] = journal;
  const recorded = seen.history.includes(version);
  if (journal.some((other) => other.direction !== entry?.direction)) return [`${version} is under way both ways`];
  if (entry && !alone[entry.direction]) return [`${version} has a journal and runs in a transaction`];
  if (entry && recorded !== (entry.direction === "down")) return [`${version} is recorded too early or too late`];
  const count = (direction: Direction, statement: number) => timesOf(seen, version, direction, statement);
  const finished = (direction: Direction, statement: number) =>
    journal.some((one) => one.direction === direction && one.statement === statement && one.finished);
  // How often the way back has ended, and with it the way there; one that is complete but not recorded does not count.
  const complete = traced.down.every((statement) => finished("down", statement));
  const rounds = Math.min(...traced.down.map((statement) => count("down", statement))) - (complete ? 1 : 0);
  const expected = (direction: Direction, statement: number) => {
    const whole = direction === "up" && entry?.direction !== "up" && recorded;
    return rounds + (whole || finished(direction, statement) ? 1 : 0);
  };
  return (["up", "down"] as const).flatMap((direction) =>
    traced[direction].flatMap((statement) => {
      const is = count(direction, statement);
      const wanted = expected(direction, statement);
      return is === wanted ? [] : [`${version} ${direction} ${statement}: ${is} times instead of ${wanted}`];
    }),
  );
}
