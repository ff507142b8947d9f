import type { Database } from "../../ports/session.ts";
import { GivenPglite, isPglite } from "../embedded/given-pglite.ts";
import { PostgresDatabase } from "../server/postgres-database.ts";
import { bunSql } from "./bun-sql.ts";
import { type DriverConnection, unusable } from "./driver-settings.ts";
import { pgConnection } from "./pg-connection.ts";
import { postgresInstance } from "./postgres-instance.ts";

/**
 * The database of a connection that the calling program has. A server is reached with the connection's own settings,
 * password function and TLS options, on a connection of pgstep's own: those of a pool cannot be used for a session,
 * because drivers drop notices, end the process after a loss that nobody noticed, or do not pipeline.
 * @throws Failure settings if the value is not a known connection
 */
export function databaseOfConnection(given: object): Database {
  if (isPglite(given)) return new GivenPglite(given);
  const { target, reach } = serverOfConnection(given);
  return new PostgresDatabase(target, {}, reach);
}

/** The server of a driver's connection. @throws Failure settings */
export function serverOfConnection(given: object): DriverConnection {
  const found = postgresInstance(given) ?? bunSql(given) ?? pgConnection(given);
  if (found) return found;
  throw unusable(
    "it is none that pgstep knows",
    "Pass what postgres(...) returns, a Pool or Client of pg, Bun.sql, a PGlite instance, or a url instead.",
  );
}
