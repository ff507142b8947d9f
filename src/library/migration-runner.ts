import { type Confirmation, requireConfirmation, requireUnprotecting } from "../core/command-line/consent.ts";
import {
  type OptionChecks,
  ofType,
  onlyTrue,
  requireOptions,
  wholeFrom,
} from "../core/configuration/library-options.ts";
import { noDatabaseNamed } from "../core/configuration/no-database.ts";
import type { Settings } from "../core/configuration/settings.ts";
import { Failure } from "../core/failure/failure.ts";
import type { DownTarget, UpTarget } from "../core/migrations/plan.ts";
import type {
  ProtectionReport,
  ResetReport,
  RunReport,
  StatusReport,
  ValidationReport,
} from "../core/reports/report.ts";
import { validate } from "../engine/check/validate.ts";
import { reset } from "../engine/reset/reset.ts";
import { migrate, redo, undo } from "../engine/run/migrate.ts";
import type { DatabaseContext } from "../engine/session/context.ts";
import { protect, unprotect } from "../engine/verbs/protect.ts";
import { readStatus } from "../engine/verbs/status.ts";
import type { Consent } from "../ports/consent.ts";
import { beginCall, databaseOf, masking } from "./call.ts";
import type { MigrationRunnerOptions, RunOptions } from "./options.ts";
import { RunFailure } from "./run-failure.ts";

/**
 * Migrates a database from a program. Each call opens its own connection and closes it; nothing is printed. All calls
 * reject with a `Failure`; a run that failed part-way rejects with a `RunFailure`.
 */
export class MigrationRunner {
  readonly #options: MigrationRunnerOptions;

  /** @param options a missing option comes from the variables that the command line reads, or is a default */
  constructor(options: MigrationRunnerOptions = {}) {
    this.#options = options;
  }

  /** Applies the pending migrations. */
  runMigrations(options: UpTarget & RunOptions = {}): Promise<RunReport> {
    const checks = { ...UP_TARGET, ...RUN_OPTIONS };
    return this.#run("runMigrations", [[options, checks]], (context) => migrate(context, options, options));
  }

  /** Reports applied and pending migrations; never writes. */
  getStatus(): Promise<StatusReport> {
    return this.#withDatabase(readStatus);
  }

  /** Undoes the newest migration, or as many as the target says. */
  async rollback(target: DownTarget = { count: 1 }, options: RunOptions = {}): Promise<RunReport> {
    requireOptions(target, DOWN_TARGET, "rollback");
    requireOneTarget(target);
    return await this.#run("rollback", [[options, RUN_OPTIONS]], (context) => undo(context, target, options));
  }

  /** Undoes the newest migrations and applies them again. */
  redo(count = 1, options: RunOptions = {}): Promise<RunReport> {
    const given = [
      [{ count }, { count: wholeFrom(1) }],
      [options, RUN_OPTIONS],
    ] as const;
    return this.#run("redo", given, (context) => redo(context, count, options));
  }

  /** Deletes everything in the database whose name is confirmed. */
  async reset(confirmation: Confirmation): Promise<ResetReport> {
    requireOptions(confirmation, CONFIRMATION, "reset");
    return await this.#withDatabase((context) => reset(context, consentOf(confirmation, context.settings)));
  }

  /** Marks the database: `reset`, and undoing more than one migration, are refused until the mark is cleared. */
  protect(): Promise<ProtectionReport> {
    return this.#withDatabase(protect);
  }

  /** Clears the mark of `protect` from the database whose name is confirmed. */
  async unprotect(confirmation: Pick<Confirmation, "confirm">): Promise<ProtectionReport> {
    requireOptions(confirmation, { confirm: ofType("string") }, "unprotect");
    const consent = { mayUnprotect: async (name: string) => requireUnprotecting(name, confirmation.confirm) };
    return await this.#withDatabase((context) => unprotect(context, consent));
  }

  /** Checks the files and, if a database is named, compares them with its history. */
  validate(): Promise<ValidationReport> {
    return masking(async () => {
      const call = beginCall(this.#options);
      const database = await databaseOf(this.#options, call);
      try {
        const report = await validate(call.context, database);
        call.rethrow();
        return report;
      } finally {
        await database?.close();
      }
    });
  }

  async #run(
    name: string,
    given: readonly (readonly [options: unknown, checks: OptionChecks])[],
    work: (context: DatabaseContext) => Promise<RunReport>,
  ): Promise<RunReport> {
    for (const [options, checks] of given) requireOptions(options, checks, name);
    const report = await this.#withDatabase(work);
    if (report.failure) throw new RunFailure(report.failure, report);
    return report;
  }

  #withDatabase<Report extends object>(work: (context: DatabaseContext) => Promise<Report>): Promise<Report> {
    return masking(async () => {
      const call = beginCall(this.#options);
      const database = await databaseOf(this.#options, call);
      if (!database) throw noDatabaseNamed();
      try {
        const report = await work({ ...call.context, database });
        call.rethrow();
        return report;
      } finally {
        await database.close();
      }
    });
  }
}

/** Options of calls, in addition to the settings. */
const RUN_OPTIONS: OptionChecks = {
  dryRun: ofType("boolean"),
  singleTransaction: ofType("boolean"),
};
const UP_TARGET: OptionChecks = {
  to: ofType("string"),
  count: wholeFrom(1),
  outOfOrder: ofType("boolean"),
  firstRun: ofType("boolean"),
};
const DOWN_TARGET: OptionChecks = { to: ofType("string"), count: wholeFrom(1), all: onlyTrue };
const CONFIRMATION: OptionChecks = { confirm: ofType("string"), force: ofType("boolean") };

/** @throws Failure settings if the target has no property, or more than one */
function requireOneTarget(target: DownTarget): void {
  if (Object.keys(target).length === 1) return;
  throw new Failure("settings", "Cannot roll back: the target must have exactly one of count, to and all", {
    hint: "Call rollback({ count: 1 }), rollback({ to: version }) or rollback({ all: true }).",
  });
}

function consentOf(confirmation: Confirmation, { environment }: Settings): Consent {
  return {
    async mayReset({ databaseName }) {
      requireConfirmation(databaseName, environment, confirmation);
      return true;
    },
    mayRepair: async () => false,
  };
}
