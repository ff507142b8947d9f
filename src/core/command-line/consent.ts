import { Failure } from "../failure/failure.ts";

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
  const hint = `If ALL its data may be deleted: ${resetCommand(databaseName, environment)}`;
  requireName(databaseName, given.confirm, `Cannot reset ${databaseName}`, hint);
}

/** @throws Failure consent-missing when another name than the database's was given, or none */
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
  // Whoever leaves out the environment leaves out its guard.
  if (environment !== undefined) words.push("--env", shellWord(environment));
  if (environment === PRODUCTION) words.push("--force");
  return words.join(" ");
}

/** A word as a POSIX shell takes it literally. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
