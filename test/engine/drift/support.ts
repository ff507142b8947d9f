import type { DriftReport } from "../../../src/core/drift/drift-report.ts";
import { type DriftOptions, findDrift } from "../../../src/engine/drift/find-drift.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import type { Database } from "../../../src/ports/session.ts";
import { builtParser } from "../../support/sql-parser.ts";
import { open, type ServerWorld, type World } from "../support.ts";

/** A shadow database in memory, and how many migrations it has: comparisons in a row begin with what is there. */
export interface Shadow {
  readonly database: Database;
  applied: number;
}

/** The same on the server of a world: faster where the embedded database makes no difference. */
export async function besideOf<Result>(one: ServerWorld, work: (shadow: Shadow) => Promise<Result>): Promise<Result> {
  const database = open((await one.server.createDatabase()).url);
  try {
    return await work({ database, applied: 0 });
  } finally {
    await database.close();
  }
}

export async function withShadow<Result>(work: (shadow: Shadow) => Promise<Result>): Promise<Result> {
  const database = open("pglite:memory");
  try {
    return await work({ database, applied: 0 });
  } finally {
    await database.close();
  }
}

/** The drift of a world's database. */
export async function driftOf(
  one: World,
  shadow: Shadow,
  options: Omit<DriftOptions, "inShadow"> = {},
): Promise<DriftReport> {
  const context: DatabaseContext = { ...one.context, sqlParser: builtParser };
  const start = {
    applied: shadow.applied,
    noteOf: () => undefined,
    keep: async (applied: number) => {
      shadow.applied = applied;
    },
  };
  return await findDrift(context, {
    ...options,
    inShadow: (work) => work({ ...context, database: shadow.database, emit: () => {}, isRehearsal: true }, start),
  });
}

/** A copy of a world with its database, after a change by other means. */
export async function copyOf(one: ServerWorld, sql: string): Promise<ServerWorld> {
  const name = `copy_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await one.server.copyDatabase(one.databaseName, name);
  await one.server.query(name, sql);
  return one.beside({}, { url: one.server.url(name) });
}
