import type { HookCommands } from "../hooks/hook.ts";
import type { Pin } from "../migrations/history-pin.ts";
import type { GivenPlaceholders } from "../placeholders/placeholders.ts";
import type { SETTINGS, SettingName, SettingValues } from "../settings/table.ts";
import { resolveSettings } from "./resolve-settings.ts";

/** What the engine is told, wherever it was said. */
export interface Settings {
  /** The migrations directory, as the user wrote it. */
  readonly directory: string;
  /** Schema and name of the history table. */
  readonly schema: string;
  readonly table: string;
  /** Where the repeatable objects are; undefined for the directory of that name beside the migrations'. */
  readonly repeatableDirectory: string | undefined;
  /** Where the seeds are; undefined for "seeds" beside the migrations. */
  readonly seedsDirectory?: string | undefined;
  /** Where the hooks are; undefined for the directory of that name beside the migrations'. */
  readonly hooksDirectory: string | undefined;
  /** What the failure of a hook means for the run. */
  readonly hookFailure: "stop" | "warn";
  /** Commands that are run at moments of a run; undefined for none. */
  readonly hooks?: HookCommands | undefined;
  /** The chosen environment; undefined when none was. */
  readonly environment: string | undefined;
  /** What stands for `${name}` in files that ask for it. */
  readonly placeholders?: GivenPlaceholders | undefined;
  /** How long to wait for another run's lock, in milliseconds. */
  readonly lockWaitMs: number;
  /** How long a statement may wait for a table's lock before the step is tried again, in milliseconds; 0 for ever. */
  readonly lockTimeoutMs: number;
  /** For how long in all a step that hits a lock timeout or deadlock is tried again, in milliseconds. */
  readonly retryMs: number;
  /** What the history has to agree with; undefined when any will do. */
  readonly pin?: Pin | undefined;
}

/** What the settings are when nobody says anything. */
export const DEFAULT_SETTINGS: Settings = resolveSettings({ environment: {} }).values;

type OfLibrary = {
  [Name in SettingName]: (typeof SETTINGS)[Name] extends { readonly ofProgram: true } ? never : Name;
}[SettingName];

/** Settings as the library's constructor takes them; durations are numbers of milliseconds. */
export type GivenSettings = { readonly [Name in OfLibrary]?: Exclude<SettingValues[Name], undefined> };
