import process from "node:process";
import { disk } from "./adapters/files/disk.ts";
import { readSettings } from "./adapters/setting-files/read-settings.ts";
import { contextOf, namedTarget, openTarget } from "./assembly.ts";
import { type Confirmation, requireConfirmation, requireUnprotecting } from "./core/command-line/consent.ts";
import { databaseSources } from "./core/configuration/database-sources.ts";
import {
  type OptionChecks,
  ofType,
  onlyTrue,
  requireOptions,
  SETTING_CHECKS,
  wholeFrom,
} from "./core/configuration/library-options.ts";
import { noDatabaseNamed } from "./core/configuration/no-database.ts";
import { failureOf, type ResolvedSettings } from "./core/configuration/resolve-settings.ts";
import type { GivenSettings, Settings } from "./core/configuration/settings.ts";
import { Failure } from "./core/failure/failure.ts";
import type { DownTarget, UpTarget } from "./core/migrations/plan.ts";
import type { EventListener } from "./core/reports/event.ts";
import type {
  ProtectionReport,
  ResetReport,
  RunReport,
  StatusReport,
  ValidationReport,
} from "./core/reports/report.ts";
import { maskedFailure, withoutSecrets } from "./core/secrets/masked-report.ts";
import { validate } from "./engine/check/validate.ts";
import { reset } from "./engine/reset/reset.ts";
import { migrate, redo, undo } from "./engine/run/migrate.ts";
import type { RunOptions } from "./engine/run/run-plan.ts";
import type { Context, DatabaseContext } from "./engine/session/context.ts";
import { withoutSecrets as withoutSecretValues } from "./engine/session/mask-secrets.ts";
import { protect, unprotect } from "./engine/verbs/protect.ts";
import { readStatus } from "./engine/verbs/status.ts";
import type { Consent } from "./ports/consent.ts";
import type { Database } from "./ports/session.ts";

export type { Confirmation } from "./core/command-line/consent.ts";
export type { GivenSettings } from "./core/configuration/settings.ts";
export {
  Failure,
  type FailureCode,
  type FilePlace,
  type Finding,
  type ServerMessage,
} from "./core/failure/failure.ts";
export type { Applied, Entry, MigrationState } from "./core/migrations/history.ts";
export type { Direction, Migration, SqlFile } from "./core/migrations/migration.ts";
export type { DownTarget, Plan, Step, UpTarget } from "./core/migrations/plan.ts";
export type { GivenPlaceholder, GivenPlaceholders } from "./core/placeholders/placeholders.ts";
export type { Event, EventListener } from "./core/reports/event.ts";
export type {
  ProtectionReport,
  ResetInventory,
  ResetReport,
  RunReport,
  StatusReport,
  StepOutcome,
  StepReport,
  ValidationReport,
} from "./core/reports/report.ts";
export type { RunOptions } from "./engine/run/run-plan.ts";

/** Options of a runner. A missing one comes from the variables that the command line reads, or is a default. */
export interface MigrationRunnerOptions extends GivenSettings {
  /** An instance of the `postgres` package instead of a URL; pgstep opens its own connection to the same database. */
  readonly sql?: { readonly options: object };
  /** Called for every event during a call. Must not throw. */
  readonly onEvent?: EventListener;
  /** Cancels a running call: it rolls back and rejects. */
  readonly signal?: AbortSignal;
}

/** A failure of a run, with the report of what was applied nevertheless. */
export class RunFailure extends Failure {
  readonly report: RunReport;

  constructor(failure: Failure, report: RunReport) {
    const { code, message, hint, place, server, findings, cause } = failure;
    super(code, message, {
      ...(hint !== undefined && { hint }),
      ...(place && { place }),
      ...(server && { server }),
      findings,
      cause,
    });
    this.report = report;
  }
}

/**
 * Migrates a database from a program. Each call opens its own connection and closes it; nothing is printed. All calls
 * reject with a `Failure`; a run that failed part-way rejects with a `RunFailure`.
 */
export class MigrationRunner {
  readonly #options: MigrationRunnerOptions;

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
    return discreetly(async () => {
      const { context, resolved, rethrow } = this.#context();
      const database = await this.#open(resolved, context.emit);
      try {
        const report = await validate(context, database);
        rethrow();
        return report;
      } finally {
        await database?.close();
      }
    });
  }

  async #run(
    call: string,
    given: readonly (readonly [options: unknown, checks: OptionChecks])[],
    work: (context: DatabaseContext) => Promise<RunReport>,
  ): Promise<RunReport> {
    for (const [options, checks] of given) requireOptions(options, checks, call);
    const report = await this.#withDatabase(work);
    if (report.failure) throw new RunFailure(report.failure, report);
    return report;
  }

  #withDatabase<Result extends object>(work: (context: DatabaseContext) => Promise<Result>): Promise<Result> {
    return discreetly(async () => {
      const { context, resolved, rethrow } = this.#context();
      const database = await this.#open(resolved, context.emit);
      if (!database) throw noDatabaseNamed();
      try {
        const result = await work({ ...context, database });
        rethrow();
        return result;
      } finally {
        await database.close();
      }
    });
  }

  /** @throws Failure settings */
  #context(): { context: Context; resolved: ResolvedSettings; rethrow: () => void } {
    requireOptions(this.#options, RUNNER, "MigrationRunner");
    const { signal } = this.#options;
    const { emit, rethrow } = listening(this.#options.onEvent);
    // A program itself decides which files are read.
    const { PGSTEP_CONFIG: _config, PGSTEP_ENV_FILE: _envFile, ...environment } = process.env;
    const resolved = readSettings({ options: { ...this.#options }, environment }, { searching: false });
    const wrong = failureOf(resolved.faults);
    if (wrong) throw wrong;
    const context = contextOf(resolved, {
      fileSystem: disk,
      emit,
      signal: signal ?? new AbortController().signal,
    });
    return { context, resolved, rethrow };
  }

  async #open(resolved: ResolvedSettings, emit: EventListener): Promise<Database | undefined> {
    const { sql } = this.#options;
    if (sql) {
      const { databaseOfDriver } = await import("./adapters/server/driver-database.ts");
      const database = databaseOfDriver(sql as Parameters<typeof databaseOfDriver>[0]);
      return withoutSecretValues(database, resolved.values.placeholders);
    }
    const target = await namedTarget(databaseSources(resolved))();
    return target && (await openTarget(target, resolved.values, { emit }));
  }
}

/** Options of calls, in addition to the settings. */
const RUN_OPTIONS: OptionChecks = {
  dryRun: ofType("boolean"),
  singleTransaction: ofType("boolean"),
  backUp: ofType("function"),
};
const UP_TARGET: OptionChecks = {
  to: ofType("string"),
  count: wholeFrom(1),
  outOfOrder: ofType("boolean"),
  firstRun: ofType("boolean"),
};
const DOWN_TARGET: OptionChecks = { to: ofType("string"), count: wholeFrom(1), all: onlyTrue };
const CONFIRMATION: OptionChecks = { confirm: ofType("string"), force: ofType("boolean") };
const RUNNER: OptionChecks = {
  ...SETTING_CHECKS,
  // An instance of postgres is a function with properties.
  sql: (value) => (typeof value === "function" ? undefined : ofType("object")(value)),
  onEvent: ofType("function"),
  signal: ofType("object"),
};

/** @throws Failure settings if the target has no property, or more than one */
function requireOneTarget(target: DownTarget): void {
  if (Object.keys(target).length === 1) return;
  throw new Failure("settings", "Cannot roll back: the target must have exactly one of count, to and all", {
    hint: "Call rollback({ count: 1 }), rollback({ to: version }) or rollback({ all: true }).",
  });
}

/** Masks the secrets in reports and failures: the calling program may print them. */
async function discreetly<Result extends object>(work: () => Promise<Result>): Promise<Result> {
  try {
    return withoutSecrets(await work());
  } catch (error) {
    throw error instanceof Failure ? maskedFailure(error) : error;
  }
}

/** A listener that throws must not break a run: it gets no more events, and its error is thrown when the call ends. */
function listening(listener: EventListener | undefined): { emit: EventListener; rethrow: () => void } {
  const thrown: unknown[] = [];
  return {
    emit(event) {
      if (thrown.length > 0) return;
      try {
        listener?.(withoutSecrets(event));
      } catch (error) {
        thrown.push(error);
      }
    },
    rethrow() {
      if (thrown.length > 0) throw thrown[0];
    },
  };
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
