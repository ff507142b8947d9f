import type { TokenCursor } from "../sql/token-cursor.ts";
import { isOn } from "./copy.ts";

/**
 * The rule by which PostgreSQL rejects this statement inside a transaction block, in words for people ("CREATE INDEX
 * CONCURRENTLY"); undefined if it may run in one. Covers every call of PreventInTransactionBlock in PostgreSQL 18 that
 * the text alone decides, but not REINDEX and CLUSTER of a partitioned table, nor procedures that commit.
 */
export function outsideTransaction(cursor: TokenCursor): string | undefined {
  if (cursor.accept("CREATE")) return create(cursor);
  if (cursor.accept("DROP")) return drop(cursor);
  if (cursor.accept("ALTER")) return alter(cursor);
  if (cursor.accept("REINDEX")) return reindex(cursor);
  if (cursor.accept("VACUUM")) return "VACUUM";
  if (cursor.accept("CLUSTER")) return cluster(cursor);
  return undefined;
}

function create(cursor: TokenCursor): string | undefined {
  cursor.accept("UNIQUE");
  if (cursor.accept("INDEX")) return cursor.sees("CONCURRENTLY") ? "CREATE INDEX CONCURRENTLY" : undefined;
  if (cursor.accept("DATABASE")) return "CREATE DATABASE";
  if (cursor.accept("TABLESPACE")) return "CREATE TABLESPACE";
  if (!cursor.accept("SUBSCRIPTION")) return undefined;
  cursor.skipName();
  while (!cursor.atEnd && !cursor.accept("WITH")) cursor.skip();
  const options = cursor.takeOptions();
  const connects = !options.has("connect") || isOn(options, "connect");
  const createsSlot = options.has("create_slot") ? isOn(options, "create_slot") : connects;
  return createsSlot ? "CREATE SUBSCRIPTION" : undefined;
}

function drop(cursor: TokenCursor): string | undefined {
  if (cursor.accept("INDEX")) return cursor.sees("CONCURRENTLY") ? "DROP INDEX CONCURRENTLY" : undefined;
  const object = cursor.acceptOne("DATABASE", "TABLESPACE", "SUBSCRIPTION");
  return object && `DROP ${object}`;
}

function alter(cursor: TokenCursor): string | undefined {
  if (cursor.accept("SYSTEM")) return "ALTER SYSTEM";
  if (cursor.accept("DATABASE")) {
    cursor.skipName();
    return cursor.sees("SET", "TABLESPACE") ? "ALTER DATABASE ... SET TABLESPACE" : undefined;
  }
  if (cursor.accept("SUBSCRIPTION")) return alterSubscription(cursor);
  if (!cursor.accept("TABLE")) return undefined;
  cursor.accept("IF", "EXISTS");
  cursor.accept("ONLY");
  cursor.skipName();
  cursor.accept("*");
  if (!cursor.accept("DETACH", "PARTITION")) return undefined;
  cursor.skipName();
  return cursor.sees("CONCURRENTLY") ? "ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY" : undefined;
}

function alterSubscription(cursor: TokenCursor): string | undefined {
  cursor.skipName();
  if (cursor.accept("REFRESH")) return "ALTER SUBSCRIPTION ... REFRESH";
  const verb = cursor.acceptOne("SET", "ADD", "DROP");
  if (!verb) return undefined;
  if (cursor.accept("PUBLICATION")) {
    while (!cursor.atEnd && !cursor.accept("WITH")) cursor.skip();
    const options = cursor.takeOptions();
    if (options.has("refresh") && !isOn(options, "refresh")) return undefined;
    return `ALTER SUBSCRIPTION ... ${verb} PUBLICATION with refresh`;
  }
  const options = cursor.takeOptions();
  const changed = ["failover", "two_phase"].find((name) => options.has(name));
  return changed && `ALTER SUBSCRIPTION ... SET (${changed})`;
}

function reindex(cursor: TokenCursor): string | undefined {
  const concurrently = isOn(cursor.takeOptions(), "concurrently");
  const object = cursor.acceptOne("SCHEMA", "DATABASE", "SYSTEM");
  if (object) return `REINDEX ${object}`;
  cursor.skip();
  return concurrently || cursor.sees("CONCURRENTLY") ? "REINDEX CONCURRENTLY" : undefined;
}

function cluster(cursor: TokenCursor): string | undefined {
  cursor.takeOptions();
  cursor.accept("VERBOSE");
  return cursor.atEnd ? "CLUSTER without a table" : undefined;
}
