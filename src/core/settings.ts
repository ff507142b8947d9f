/** What a run is told, wherever it was told it. */
export interface Settings {
  /** The migrations directory, as the user wrote it. */
  readonly directory: string;
  /** Schema and name of the history table. */
  readonly schema: string;
  readonly table: string;
  /** The chosen environment; undefined when none was. */
  readonly environment: string | undefined;
  /** How long to wait for another run's lock, in milliseconds. */
  readonly lockWaitMs: number;
  /** How long a statement may wait for a table's lock before the step is tried again, in milliseconds; 0 for ever. */
  readonly lockTimeoutMs: number;
  /** For how long in all a step that hits a lock timeout or deadlock is tried again, in milliseconds. */
  readonly retryMs: number;
}

export const DEFAULT_SETTINGS: Settings = {
  directory: "database/migrations",
  schema: "public",
  table: "schema_migrations",
  environment: undefined,
  lockWaitMs: 5 * 60_000,
  lockTimeoutMs: 5_000,
  retryMs: 5 * 60_000,
};
