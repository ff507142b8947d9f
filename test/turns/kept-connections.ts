import postgres, { type Sql } from "postgres";
import { type PostgresServer, rowsOfLast } from "../support/postgres-server.ts";

/** A server whose `query` keeps one connection for each database: a trial asks some twenty questions. */
export interface KeepingServer extends PostgresServer {
  /** Ends the connection to a database, which can then be dropped. */
  leave(database: string): Promise<void>;
}

export function withKeptConnections(server: PostgresServer): KeepingServer {
  const kept = new Map<string, Sql>();
  const clientOf = (database: string) => {
    const known = kept.get(database);
    if (known) return known;
    // Fetching the types of a database costs more than all the rest of a connection.
    const options = { max: 1, fetch_types: false, onnotice: () => {} };
    const path = `${server.socketDirectory}/.s.PGSQL.${server.port}`;
    const client = postgres({ ...options, path, database, username: server.superuser });
    kept.set(database, client);
    return client;
  };
  return {
    ...server,
    query: async (database, text) => rowsOfLast(await clientOf(database).unsafe(text)),
    async leave(database) {
      const client = kept.get(database);
      kept.delete(database);
      await client?.end({ timeout: 5 });
    },
  };
}
