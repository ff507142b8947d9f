import type { Target } from "../../core/connection/target.ts";
import { PgliteDatabase } from "../embedded/pglite-database.ts";
import { type Attendance, PostgresDatabase } from "../server/postgres-database.ts";

/**
 * The database that `target` names; nothing is connected or started before its first `open`.
 * `attendance` hears of a server that wants a password when none is known, and of a log-in that is easily attacked.
 */
export function openDatabase(target: Target, attendance?: Attendance): PgliteDatabase | PostgresDatabase {
  return target.kind === "embedded" ? new PgliteDatabase(target) : new PostgresDatabase(target, attendance);
}
