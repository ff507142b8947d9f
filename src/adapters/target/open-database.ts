import type { Target } from "../../core/connection/target.ts";
import { PgliteDatabase } from "../embedded/pglite-database.ts";
import { type Attendance, PostgresDatabase } from "../server/postgres-database.ts";

/**
 * The database that `target` names; it connects or starts at its first `open`.
 * `attendance` is asked for a missing password, and gets warnings about insecure log-ins.
 */
export function openDatabase(target: Target, attendance?: Attendance): PgliteDatabase | PostgresDatabase {
  return target.kind === "embedded" ? new PgliteDatabase(target) : new PostgresDatabase(target, attendance);
}
