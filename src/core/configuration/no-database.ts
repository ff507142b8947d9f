import { Failure } from "../failure/failure.ts";

/**
 * The failure of a command that needs a database when nothing names one.
 * @param envFileFlag the flag that reads an env file that exists and was not named: "--env-file .env"
 */
export function noDatabaseNamed(envFileFlag?: string): Failure {
  const others =
    "ame a server with --url postgres://user@host/database or DATABASE_URL, " +
    "or use the embedded database with --url pglite:./data.";
  const hint =
    envFileFlag === undefined ? `N${others}` : `To read the .env file here, add ${envFileFlag}. Or n${others}`;
  return new Failure("settings", "Cannot choose a database: no URL is given", { hint });
}
