import type { SchemaSide } from "../../src/core/diff/side.ts";
import { readSide } from "../../src/engine/diff/read-side.ts";
import { isEqual, type Transformation, transform } from "../../src/engine/diff/transform.ts";
import type { DatabaseContext } from "../../src/engine/session/context.ts";
import { withSession } from "../../src/engine/session/with-session.ts";
import { open, type ServerWorld, world } from "../engine/support.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { builtDump } from "../support/schema-dump.ts";

export const ROLES =
  "DO $$ BEGIN IF to_regrole('reader') IS NULL THEN CREATE ROLE reader; END IF; IF to_regrole('writer') IS NULL THEN CREATE ROLE writer; END IF; END $$;";

export interface Outcome extends Transformation {
  readonly isEqual: boolean;
}

/** A database with a schema, of which copies are changed. */
export interface Sample {
  readonly world: ServerWorld;
  readonly side: SchemaSide;
}

let dump: ReturnType<typeof builtDump> | undefined;
const loadedDump = () => (dump ??= builtDump());

export function withDump(one: ServerWorld): DatabaseContext {
  return Object.assign(Object.create(one.context), { schemaDump: loadedDump });
}

export async function sample(server: PostgresServer, sql: string): Promise<Sample> {
  const of = await world({}, { server, before: ROLES + sql });
  const side = await withSession(of.database, "read", (session) => readSide(withDump(of), session));
  return { world: of, side };
}

let copies = 0;

/** Changes a copy of the first schema into the second. */
export async function tryPair(server: PostgresServer, from: Sample, to: Sample): Promise<Outcome> {
  const name = `copy_${process.pid}_${++copies}`;
  await server.query("postgres", `CREATE DATABASE ${name} TEMPLATE "${from.world.databaseName}"`);
  const database = open(server.url(name));
  const context = {
    ...withDump(from.world),
    settings: from.world.context.settings,
    database,
    schemaDump: loadedDump,
    signal: from.world.context.signal,
  };
  const sides = { from: from.side, to: to.side };
  const result = await withSession(database, "change", (session) =>
    transform(context as DatabaseContext, session, sides),
  );
  await database.close();
  return { ...result, isEqual: isEqual(result.left) };
}
