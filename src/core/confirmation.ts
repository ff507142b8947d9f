import { Failure } from "./error.ts";

/** What somebody gave together with the order to delete everything. */
export interface Confirmation {
  /** The database's name, spelled out. */
  readonly confirm?: string | undefined;
  /** Needed besides in the environment "production". */
  readonly force?: boolean | undefined;
}

/** The environment in which deleting takes one word more. */
export const PRODUCTION = "production";

/**
 * Refuses to delete a database whose name was not given.
 * @throws Failure consent-missing with the command that would do it
 */
export function requireConfirmation(databaseName: string, environment: string | undefined, given: Confirmation): void {
  requireForce(databaseName, environment, given);
  if (given.confirm === databaseName) return;
  const reason =
    given.confirm === undefined
      ? "its name was not confirmed"
      : `"${given.confirm}" was confirmed, which is not its name`;
  throw new Failure("consent-missing", `Cannot reset ${databaseName}: ${reason}`, {
    hint: `If ALL its data may be deleted: ${resetCommand(databaseName, environment)}`,
  });
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
  // Whoever leaves out the environment leaves out its guard.
  if (environment !== undefined) words.push("--env", shellWord(environment));
  if (environment === PRODUCTION) words.push("--force");
  return words.join(" ");
}

/** A word as a POSIX shell takes it literally. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
