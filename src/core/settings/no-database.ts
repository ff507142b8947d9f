import { Failure } from "../error.ts";

/** The failure of a command that needs a database when nothing names one. */
export function noDatabaseNamed(): Failure {
  return new Failure("settings", "Cannot choose a database: no URL is given", {
    hint:
      "Name a server with --url postgres://user@host/database or DATABASE_URL, " +
      "or use the embedded database with --url pglite:./data.",
  });
}
