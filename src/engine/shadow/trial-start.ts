import { createHash } from "node:crypto";
import type { Migration } from "../../core/migrations/migration.ts";

/** Where a trial begins, if not with an empty database. */
export interface TrialStart {
  /** How many of the first migrations are applied already. */
  readonly applied: number;
  /** Keeps the database for later trials; no session of it may be open. @param applied as above, at this moment */
  keep(applied: number): Promise<void>;
  /** A note about the kept database, if that has so many of them. */
  noteOf(applied: number, about: "relations" | "schema" | "files"): TrialNote | undefined;
}

/** A text that is kept about a database that migrations make. */
export interface TrialNote {
  /** Undefined if none is kept for a database with these contents. */
  read(): string | undefined;
  keep(text: string): void;
}

/**
 * A key for each beginning of the migrations: the nth stands for a database in which the first n are applied.
 * @param surroundings everything else that decides what that database contains
 */
export function trialKeys(surroundings: unknown, migrations: readonly Migration[]): string[] {
  let key = JSON.stringify(surroundings);
  return migrations.map(({ name, up }) => {
    key = createHash("sha256")
      .update(JSON.stringify([key, name, up.checksum]))
      .digest("hex");
    return key;
  });
}
