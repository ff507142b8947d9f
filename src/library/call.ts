import process from "node:process";
import { disk } from "../adapters/files/disk.ts";
import { readSettings } from "../adapters/setting-files/read-settings.ts";
import { contextOf, namedTarget, openTarget } from "../assembly.ts";
import { databaseSources } from "../core/configuration/database-sources.ts";
import { type OptionChecks, requireOptions } from "../core/configuration/library-options.ts";
import { failureOf, type ResolvedSettings } from "../core/configuration/resolve-settings.ts";
import { Failure } from "../core/failure/failure.ts";
import type { EventListener } from "../core/reports/event.ts";
import { maskedFailure, withoutSecrets } from "../core/secrets/masked-report.ts";
import type { Context } from "../engine/session/context.ts";
import { withoutSecrets as withoutSecretValues } from "../engine/session/mask-secrets.ts";
import type { Database } from "../ports/session.ts";
import { type MigrationRunnerOptions, RUNNER_OPTIONS } from "./options.ts";

/** One call of the library. */
export interface Call {
  readonly context: Context;
  readonly settings: ResolvedSettings;
  /** Throws the error of a listener, if it threw one. */
  readonly rethrow: () => void;
}

/** The options that the caller gave, with more than those of a runner, and how to check them. */
interface Given {
  /** For messages. */
  readonly name: string;
  readonly checks: OptionChecks;
  readonly options: object;
}

/**
 * Checks the options and reads the settings again for each call, as variables may have changed.
 * @throws Failure settings
 */
export function beginCall(options: MigrationRunnerOptions, given?: Given): Call {
  const { name, checks, options: all } = given ?? { name: "MigrationRunner", checks: RUNNER_OPTIONS, options };
  requireOptions(all, checks, name);
  const { signal, onEvent, connection, url } = options;
  if (connection && url !== undefined) {
    throw new Failure("settings", "Cannot use the option connection: url names a database as well", {
      hint: "Give one of them.",
    });
  }
  const { emit, rethrow } = listening(onEvent);
  // A program itself decides which files are read.
  const { PGSTEP_CONFIG: _config, PGSTEP_ENV_FILE: _envFile, ...environment } = process.env;
  const settings = readSettings({ options: { ...options }, environment }, { searching: false });
  const wrong = failureOf(settings.problems);
  if (wrong) throw wrong;
  const context = contextOf(settings, {
    fileSystem: disk,
    emit,
    signal: signal ?? new AbortController().signal,
  });
  return { context, settings, rethrow };
}

/** The database of a call; undefined if none is named. @throws Failure settings */
export async function databaseOf(
  { connection }: MigrationRunnerOptions,
  { context, settings }: Call,
): Promise<Database | undefined> {
  if (connection) {
    const { databaseOfConnection } = await import("../adapters/connection/given-connection.ts");
    return withoutSecretValues(databaseOfConnection(connection), settings.values.placeholders);
  }
  const target = await namedTarget(databaseSources(settings))();
  return target && (await openTarget(target, settings.values, { emit: context.emit }));
}

/** Masks the secrets in the failures of `work`: the calling program may print them. */
export async function maskingFailures<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? maskedFailure(error) : error;
  }
}

/** Masks the secrets in the report as well. */
export function masking<Report extends object>(work: () => Promise<Report>): Promise<Report> {
  return maskingFailures(async () => withoutSecrets(await work()));
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
