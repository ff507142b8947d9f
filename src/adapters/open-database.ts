import type { Target } from "../core/connection/target.ts";
import { PgliteDatabase } from "./pglite-database.ts";
import { PostgresDatabase } from "./postgres-database.ts";

/** The database that `target` names; nothing is connected or started before its first `open`. */
export function openDatabase(target: Target): PgliteDatabase | PostgresDatabase {
  return target.kind === "embedded" ? new PgliteDatabase(target) : new PostgresDatabase(target);
}
