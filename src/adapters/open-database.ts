import type { Target } from "../core/connection/target.ts";
import { PgliteDatabase } from "./pglite-database.ts";
import { type AskPassword, PostgresDatabase } from "./postgres-database.ts";

/**
 * The database that `target` names; nothing is connected or started before its first `open`.
 * `askPassword` is for a server that wants a password when none is known.
 */
export function openDatabase(target: Target, askPassword?: AskPassword): PgliteDatabase | PostgresDatabase {
  return target.kind === "embedded" ? new PgliteDatabase(target) : new PostgresDatabase(target, askPassword);
}
