import { Failure } from "../failure/failure.ts";

/** What the user confirmed along with a command that deletes everything. */
export interface Confirmation {
  /** The name of the database. */
  readonly confirm?: string | undefined;
  /** Also required in the environment "production". */
  readonly force?: boolean | undefined;
}

/** The environment in which deleting also needs --force. */
export const PRODUCTION = "production";

/**
 * Refuses to delete a database whose name was not confirmed.
 * @throws Failure consent-missing; its hint is the command that deletes the data
 */
export function requireConfirmation(databaseName: string, environment: string | undefined, given: Confirmation): void {
  requireForce(databaseName, environment, given);
  const hint = `If ALL its data may be deleted: ${resetCommand(databaseName, environment)}`;
  requireName(databaseName, given.confirm, `Cannot reset ${databaseName}`, hint);
}

/** @throws Failure consent-missing unless the database's name was given */
export function requireName(databaseName: string, given: string | undefined, cannot: string, hint: string): void {
  if (given === databaseName) return;
  const reason = given === undefined ? "its name was not confirmed" : `"${given}" was confirmed, which is not its name`;
  throw new Failure("consent-missing", `${cannot}: ${reason}`, { hint });
}

/** @throws Failure consent-missing unless the database's name was given */
export function requireUnprotecting(databaseName: string, given: string | undefined): void {
  const hint = `Name the database: pgstep unprotect --confirm ${shellWord(databaseName)}`;
  requireName(databaseName, given, `Cannot unprotect ${databaseName}`, hint);
}

/** @throws Failure consent-missing in production without force */
export function requireForce(databaseName: string, environment: string | undefined, given: Confirmation): void {
  if (environment !== PRODUCTION || given.force) return;
  throw new Failure("consent-missing", `Cannot reset ${databaseName}: the environment is ${PRODUCTION}`, {
    hint: `If ALL its data may be deleted: ${resetCommand(databaseName, environment)}`,
  });
}

function resetCommand(databaseName: string, environment: string | undefined): string {
  const words = ["pgstep", "reset", "--confirm", shellWord(databaseName)];
  // Without --env the command would lose the guard of the environment.
  if (environment !== undefined) words.push("--env", shellWord(environment));
  if (environment === PRODUCTION) words.push("--force");
  return words.join(" ");
}

/** Quotes a word for a POSIX shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
