import type { GivenSettings } from "../core/configuration/given-settings.ts";
import { type OptionChecks, ofType, SETTING_CHECKS } from "../core/configuration/library-options.ts";
import type { EventListener } from "../core/reports/event.ts";

/** Options of a runner: all settings, and the following. */
export interface MigrationRunnerOptions extends GivenSettings {
  /**
   * The database of a connection that the program has, instead of `url`: what `postgres(...)` returns, a `Pool` or
   * `Client` of pg, `Bun.sql`, or a PGlite instance. pgstep opens its own session with the same settings and leaves
   * the connection as it is; PGlite, which has only one session, waits meanwhile.
   */
  readonly connection?: GivenConnection;
  /** Called for every event during a call. */
  readonly onEvent?: EventListener;
  /** Cancels a running call: pgstep rolls back what is not committed, and the call rejects. */
  readonly signal?: AbortSignal;
}

/** Options of every call that runs migrations. */
export interface RunOptions {
  /** Report the plan and write nothing. Default: false. */
  readonly dryRun?: boolean;
  /** Run all steps in one transaction, all or none. Default: false. */
  readonly singleTransaction?: boolean;
}

/** A connection of postgres, pg, Bun or PGlite, recognised by its properties. */
export type GivenConnection =
  | { readonly options: object }
  | { readonly host: string; readonly port: number }
  | { readonly waitReady: Promise<void> };

export const RUNNER_OPTIONS: OptionChecks = {
  ...SETTING_CHECKS,
  // Instances of postgres and Bun.SQL are functions with properties.
  connection: (value) => (typeof value === "function" ? undefined : ofType("object")(value)),
  onEvent: ofType("function"),
  signal: ofType("object"),
};
