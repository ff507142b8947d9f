import type { HookCommands } from "../hooks/hook.ts";
import type { Layout } from "../layout/layout.ts";
import type { Pin } from "../migrations/history-pin.ts";
import type { GivenPlaceholders } from "../placeholders/placeholders.ts";
import { resolveSettings } from "./resolve-settings.ts";

/** The settings that the engine uses, from any source. */
export interface Settings {
  /** The migrations directory, as the user wrote it. */
  readonly directory: string;
  /** The format of the directory; undefined or "auto": that of the files in it. */
  readonly layout?: Layout | "auto";
  /** Schema and name of the history table. */
  readonly schema: string;
  readonly table: string;
  /** Directory of the repeatable migrations; undefined for "repeatable" beside the migrations. */
  readonly repeatableDirectory: string | undefined;
  /** Directory of the seeds; undefined for "seeds" beside the migrations. */
  readonly seedsDirectory?: string | undefined;
  /** Directory of the hooks; undefined for "hooks" beside the migrations. */
  readonly hooksDirectory: string | undefined;
  /** Directory of stand-ins for extensions; undefined for "stand-ins" beside the migrations. */
  readonly standInsDirectory?: string | undefined;
  /** Effect of a failed hook on the run. */
  readonly hookFailure: "stop" | "warn";
  /** Commands to run as hooks; undefined for none. */
  readonly hooks?: HookCommands | undefined;
  /** The chosen environment; undefined for none. */
  readonly environment: string | undefined;
  /** Values of `${name}` in files that use placeholders. */
  readonly placeholders?: GivenPlaceholders | undefined;
  /** Longest wait for another run's lock, in milliseconds. */
  readonly lockWaitMs: number;
  /** Longest wait of a statement for a table lock before the step is retried, in milliseconds; 0 for no limit. */
  readonly lockTimeoutMs: number;
  /** Total time for retries of a step after lock timeouts and deadlocks, in milliseconds. */
  readonly retryMs: number;
  /** The history that a bundle requires; undefined for any. */
  readonly pin?: Pin | undefined;
}

/** The settings with nothing set. */
export const DEFAULT_SETTINGS: Settings = resolveSettings({ environment: {} }).values;
