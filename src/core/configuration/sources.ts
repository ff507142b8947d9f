import type { FileVariable } from "../setting-files/env-file.ts";
import type { ProjectFile, Written } from "../setting-files/project-file.ts";
import { type Setting, type SettingName, settingOf } from "../settings/table.ts";
import type { Origin } from "./origin.ts";

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** All sources of settings, highest precedence first. */
export interface SettingSources {
  /** Options of the library by the names of the settings. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Flags as typed, without dashes; a switch is "". */
  readonly flags?: ReadonlyMap<string, string>;
  readonly environment: Variables;
  readonly envFile?: EnvFile | undefined;
  readonly projectFile?: LocatedProjectFile | undefined;
}

export interface EnvFile {
  /** As shown in messages. */
  readonly path: string;
  readonly variables: ReadonlyMap<string, FileVariable>;
}

export interface LocatedProjectFile extends ProjectFile {
  /** The absolute path of its directory; undefined where there is no disk. */
  readonly directory?: string;
  /** Set if it was not named and was found above the working directory. */
  readonly isAbove?: true;
  /** Makes a path relative to the file into one relative to the working directory. */
  resolve(path: string): string;
}

/** The value of a setting in one source. */
export interface Said {
  readonly origin: Origin;
  /** Undefined if several variables give it in parts, and for an option of the library. */
  readonly text: string | undefined;
  readonly option?: unknown;
}

/** The values of a setting, highest precedence first. An empty variable counts as not set. */
export function* saidOf(name: SettingName, sources: SettingSources, section: string | undefined): Generator<Said> {
  const setting = settingOf(name);
  const { options, flags, environment, envFile, projectFile } = sources;
  if (options?.[name] !== undefined) {
    yield { text: undefined, option: options[name], origin: { source: "option", option: name } };
  }
  for (const { flag, value } of flagsOf(setting)) {
    const typed = flags?.get(flag);
    if (typed !== undefined) yield { text: value ?? typed, origin: { source: "flag", flag: `--${flag}` } };
  }
  yield* variablesOf(
    setting,
    (variable) => environment[variable],
    (variable) => ({ source: "environment", variable }),
    () => Object.keys(environment),
  );
  if (envFile && !setting.early) {
    const { variables, path } = envFile;
    yield* variablesOf(
      setting,
      (variable) => variables.get(variable)?.value,
      (variable) => {
        const line = variables.get(variable.split(", ", 1)[0] ?? "")?.line;
        return { source: "env-file", variable, place: { path, ...(line !== undefined && { line }) } };
      },
      () => variables.keys(),
    );
  }
  if (section !== undefined) yield* writtenOf(projectFile?.environments.get(section)?.get(name), section);
  yield* writtenOf(projectFile?.settings.get(name), undefined);
}

/** The flags of a setting; `value` is the value of a flag that takes none. */
export function flagsOf({ flag, kind, shorthands = [] }: Setting): readonly { flag: string; value?: string }[] {
  return [kind.placeholder === undefined ? { flag, value: "true" } : { flag }, ...shorthands];
}

function* variablesOf(
  { variables, variablesBeginWith: beginning, parts = [], signals = [] }: Setting,
  get: (variable: string) => string | undefined,
  originOf: (variable: string) => Origin,
  names: () => Iterable<string>,
): Generator<Said> {
  if (beginning !== undefined) {
    for (const variable of [...names()].filter((name) => name.startsWith(beginning)).sort()) {
      const text = get(variable);
      const part = variable.slice(beginning.length).toLowerCase();
      if (text && part) yield { text: JSON.stringify({ [part]: text }), origin: originOf(variable) };
    }
  }
  for (const variable of variables) {
    const text = get(variable);
    if (text) yield { text, origin: originOf(variable) };
  }
  const given = parts.filter((variable) => get(variable));
  if (given.length > 0) yield { text: undefined, origin: originOf(given.join(", ")) };
  for (const signal of signals) {
    const found = get(signal.variable);
    const text = found ? signal.value(found) : undefined;
    if (text !== undefined) yield { text, origin: originOf(signal.variable) };
  }
}

function* writtenOf(written: Written | undefined, environment: string | undefined): Generator<Said> {
  if (!written) return;
  const { text, key, place } = written;
  yield { text, origin: { source: "project-file", key, place, environment } };
}
