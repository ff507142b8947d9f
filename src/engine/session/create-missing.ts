import { Failure } from "../../core/failure/failure.ts";
import type { EventListener } from "../../core/reports/event.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import { type Database, ServerFailure, type Session } from "../../ports/session.ts";

const NO_SUCH_DATABASE = "3D000";
/** Another run has created it meanwhile. */
const EXISTS: readonly string[] = ["42P04", "23505"];
const NOT_PERMITTED = "42501";

/** Creates a database from a session of another database of the same server. */
export interface Creation {
  readonly name: string;
  /** Databases that every server has, in the order to try. */
  readonly others: readonly (() => Promise<Database>)[];
}

/** The same database, but its first session creates it if the server does not have it. */
export function createdIfMissing(database: Database, creation: Creation, emit: EventListener): Database {
  return {
    description: database.description,
    embedded: database.embedded,
    async open(signal) {
      try {
        return await database.open(signal);
      } catch (error) {
        if (!isMissing(error)) throw error;
        const isOwn = await create(database, creation, signal);
        if (isOwn) emit({ type: "database-created", database: database.description });
        return await database.open(signal);
      }
    },
    close: () => database.close(),
  };
}

/** Returns false if another run created the database first. @throws Failure privilege-missing, connection-failed */
async function create(
  database: Database,
  { name, others }: Creation,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const [index, open] of others.entries()) {
    const other = await open();
    let session: Session | undefined;
    try {
      session = await other.open(signal);
      await session.execute(`CREATE DATABASE ${quoteIdentifier(name)}`);
      return true;
    } catch (error) {
      if (isMissing(error) && index + 1 < others.length) continue;
      if (!(error instanceof ServerFailure)) throw error;
      if (EXISTS.includes(error.server.code)) return false;
      const isPrivilege = error.server.code === NOT_PERMITTED;
      throw new Failure(
        isPrivilege ? "privilege-missing" : "connection-failed",
        `Cannot create ${database.description}: ${error.message}`,
        {
          hint: isPrivilege
            ? "Give the role the right to create databases: ALTER ROLE ... CREATEDB; or create the database yourself."
            : "Create the database yourself: CREATE DATABASE.",
          server: error.server,
          cause: error,
        },
      );
    } finally {
      await session?.close();
      await other.close();
    }
  }
  return false;
}

function isMissing(error: unknown): boolean {
  return error instanceof Failure && error.server?.code === NO_SUCH_DATABASE;
}
