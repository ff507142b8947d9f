import type { Confirmation } from "../core/confirmation.ts";
import type { Report } from "../core/report.ts";
import type { Consent } from "../ports/consent.ts";
import type { Database } from "../ports/session.ts";
import type { Context, DatabaseContext } from "./context.ts";

/** What a command is given to work with. */
export interface Environment {
  readonly context: Context;
  /** The context with the database that is named. @throws Failure settings when none is */
  databaseContext(): Promise<DatabaseContext>;
  /** The database that is named; undefined when none is. @throws Failure settings */
  namedDatabase(): Promise<Database | undefined>;
  consent(given: GivenConsent): Consent;
  report(report: Report): void;
}

/** Consent that was typed together with the command. */
export interface GivenConsent extends Confirmation {
  /** Yes to what would be asked. */
  readonly yes?: boolean;
}
