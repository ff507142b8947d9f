import type { Invocation, Option } from "../../core/command-line/command.ts";
import { usage } from "../../core/failure/failure.ts";
import { isVersion } from "../../core/migrations/version.ts";
import { settingOption, shorthandOptions } from "../../core/settings/setting-options.ts";
import { parseDuration } from "../../core/text/duration.ts";

/*
 * Options that several commands have, and checks of the values that were typed.
 */

export const DRY_RUN: Option = { name: "dry-run", summary: "show what would run, and write nothing" };

export const SINGLE_TRANSACTION: Option = {
  name: "single-transaction",
  summary: "run all migrations in one transaction: all or nothing",
};

/** How long files may run in a shadow database. */
export const TRIAL_LIMIT: Option = {
  name: "timeout",
  value: "duration",
  summary: "how long the files may run; 0 for no limit (5m)",
};

const DEFAULT_TRIAL_LIMIT_MS = 300_000;

/** In milliseconds; 0 for no limit. @throws Failure usage */
export function trialLimit(invocation: Invocation): number {
  return durationOption(invocation, TRIAL_LIMIT.name) ?? DEFAULT_TRIAL_LIMIT_MS;
}

/** The exit status of commands that report findings, if one of them counts. */
export const FOUND_ERRORS = 3;

export const LOCK_OPTIONS: readonly Option[] = [settingOption("lockWaitMs"), settingOption("lockTimeoutMs")];

/** For the commands that may make a backup first. */
const BACKUP_OPTIONS: readonly Option[] = [
  settingOption("backup"),
  ...shorthandOptions("backup"),
  settingOption("backupDirectory"),
  settingOption("backupKeep"),
  settingOption("backupLimit"),
  settingOption("backupVerify"),
  settingOption("backupGzip"),
  settingOption("pgDump"),
];

export const REPEATABLE_DIRECTORY = settingOption("repeatableDirectory");

export const HOOK_OPTIONS: readonly Option[] = [
  settingOption("hooksDirectory"),
  settingOption("hooks"),
  settingOption("hookFailure"),
];

/** The options of a command that may write the difference of two schemas. */
export const WRITE_OPTIONS: readonly Option[] = [
  { name: "write", value: "description", summary: "write the statements as the next migration" },
  { name: "allow-data-loss", value: "objects", summary: "with --write: these tables and columns may be deleted" },
];

/** For the commands that run migrations. */
export const RUN_OPTIONS: readonly Option[] = [
  ...LOCK_OPTIONS,
  settingOption("retryMs"),
  settingOption("placeholders"),
  ...BACKUP_OPTIONS,
];

/** Accepts a version as the file names have it. @throws Failure usage */
export function requireVersion(text: string, command: string): string {
  if (isVersion(text)) return text;
  const digits = /^[0-9]+(?=_)/.exec(text)?.[0];
  throw usage(
    `Cannot run pgstep ${command}: "${text}" is not a version`,
    digits
      ? `Give the digits alone: ${digits}.`
      : "Give the digits that the file's name starts with; pgstep status lists them.",
  );
}

/**
 * A number of migrations. Rejects leading zeros and many digits: the user means a version, and undoing so many
 * migrations would undo all.
 * @throws Failure usage
 */
export function requireCount(text: string, command: string, whenVersion: string | undefined): number {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  const looksLikeVersion = whenVersion !== undefined && /^[0-9_]{2,}/.test(text);
  throw usage(
    `Cannot run pgstep ${command}: "${text}" is not a number of migrations`,
    looksLikeVersion ? `If it is a version: ${whenVersion}.` : "Give a whole number from 1 to 99999.",
  );
}

/** The option's value in milliseconds, if given. @throws Failure usage */
export function durationOption({ options }: Invocation, name: string): number | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs;
  throw usage(`Cannot use --${name} ${text}: it is not a duration`, "Write it like 500ms, 30s, 5m or 0.");
}

/** @throws Failure usage if more than one of these was given */
export function refuseTogether(command: string, given: readonly (string | false)[]): void {
  const named = given.filter((one) => one !== false);
  if (named.length < 2) return;
  throw usage(`Cannot run pgstep ${command}: ${named.join(" and ")} contradict each other`, "Give one of them.");
}

/** Options for running the steps of a plan. */
export function runOptions({ options }: Invocation): { dryRun: boolean; singleTransaction: boolean } {
  return { dryRun: options.has("dry-run"), singleTransaction: options.has("single-transaction") };
}
