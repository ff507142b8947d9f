import { readSql } from "../../core/sql/own-sql.ts";
import type { Statistics, TableStatistics } from "../../core/statistics/table-statistics.ts";
import type { Session } from "../../ports/session.ts";
import { ownTablesSql, tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { withSession } from "../session/with-session.ts";
import { statisticsSql } from "./statistics-sql.ts";

type Answer = readonly [
  schema: string,
  name: string,
  rows: number | null,
  bytes: number,
  indexBytes: number,
  writesPerSecond: number | null,
];

const TABLES: Shape = ["list of", ["parts", ["text", "text", "number?", "number", "number", "number?"]]];

/** Averages over a shorter time say little. */
const ONE_HOUR = 3_600;

/**
 * Reads the sizes of all tables of the database, in one round trip.
 * @param shortest the seconds that the server's counters must have counted for an average
 * @throws Failure of connecting
 */
export async function readStatistics(context: DatabaseContext, shortest = ONE_HOUR): Promise<Statistics> {
  const { database, signal } = context;
  const read = (session: Session) => readStatisticsOn(session, context, shortest);
  return await withSession(database, "read the sizes of the tables of", read, signal);
}

/** The same on an open session. @throws ServerFailure, ConnectionLost */
export async function readStatisticsOn(
  session: Session,
  { settings, clock }: DatabaseContext,
  shortest = ONE_HOUR,
): Promise<Statistics> {
  const sql = readSql(
    `SET LOCAL lock_timeout = ${settings.lockTimeoutMs};${statisticsSql(ownTablesSql(tableNames(settings)), shortest)}`,
  );
  const [row] = await session.query(sql);
  const tables = jsonAnswer<Answer[]>(row?.tables, TABLES).map(
    ([schema, name, rows, bytes, indexBytes, writesPerSecond]): TableStatistics => ({
      ...{ schema, name, rows, bytes, indexBytes, writesPerSecond },
    }),
  );
  return { takenOn: clock.now().toISOString().slice(0, 10), tables };
}
