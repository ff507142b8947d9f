export type { Confirmation } from "./core/command-line/consent.ts";
export type { GivenSettings } from "./core/configuration/given-settings.ts";
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
export { MigrationRunner } from "./library/migration-runner.ts";
export type { GivenConnection, MigrationRunnerOptions, RunOptions } from "./library/options.ts";
export { RunFailure } from "./library/run-failure.ts";
export {
  createTestDatabase,
  type PgliteTestDatabase,
  type PgliteTestDatabaseOptions,
  type TestDatabase,
  type TestDatabaseOptions,
} from "./library/test-database.ts";
