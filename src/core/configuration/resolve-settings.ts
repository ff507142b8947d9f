import { Failure, type Finding, finding } from "../failure/failure.ts";
import { ENVIRONMENTS_KEY } from "../setting-files/project-file.ts";
import { substitute } from "../setting-files/substitution.ts";
import { databaseUrl, type Kind } from "../settings/kinds.ts";
import { SETTING_NAMES, type SettingName, type SettingValues, settingOf } from "../settings/table.ts";
import { nearest } from "../text/spelling.ts";
import { describeOrigin, type Origin } from "./origin.ts";
import { flagsOf, type Said, type SettingSources, saidOf, type Variables } from "./sources.ts";
import {
  permittedVariables,
  URL_VARIABLES,
  type UrlReferences,
  unpermittedVariable,
  urlReferences,
} from "./url-references.ts";

/** The settings merged from all sources, with all errors in them. */
export interface ResolvedSettings {
  /** A setting with an error has its default. */
  readonly values: SettingValues;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /**
   * The variables that connection parameters are read from: the environment over the env-file, without those that name
   * a URL, because `values.url` is the chosen one.
   */
  readonly variables: Variables;
  /** Places of the variables that come from the env-file, by name: "PGHOST in .env:3". */
  readonly variablePlaces: ReadonlyMap<string, string>;
  /** As found or named; undefined if there is none. */
  readonly projectFile: string | undefined;
  /** The absolute path of its directory. */
  readonly projectDirectory: string | undefined;
  /** True if the file was not named and is in a directory above the working directory. */
  readonly isProjectFileAbove: boolean;
  /** The URL settings whose server only the project file names. */
  readonly ownServers: ReadonlyMap<SettingName, OwnServer>;
  readonly problems: readonly Failure[];
  /** About files that were found and not used, and variables that pgstep does not know. */
  readonly warnings: readonly Finding[];
}

/** A server that only a project file names. */
export interface OwnServer {
  /** True if the password came from a variable and is not in the file. */
  readonly passwordIsVariable: boolean;
}

/** Merges the sources: for each setting the source with the highest precedence wins. */
export function resolveSettings(sources: SettingSources): ResolvedSettings {
  const problems = [...(sources.projectFile?.problems ?? []), ...tooLate(sources), ...saidTwice(sources)];
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, Origin>> = {};
  const ownServers = new Map<SettingName, OwnServer>();
  const decide = (name: SettingName, from: SettingSources, section: string | undefined) => {
    const [strongest, ...weaker] = saidOf(name, from, section);
    const said = strongest ? understood(name, strongest, from, ownServers) : fallback(name, from);
    const result = merged(name, said, weaker, from);
    const wrong = result instanceof Failure;
    if (wrong) problems.push(result);
    values[name] = wrong ? fallback(name, from).value : result.value;
    origins[name] = strongest?.origin ?? { source: "default" };
  };
  // First, because it selects the section of the project file.
  decide("environment", sources, undefined);
  const section = sectionOf(values.environment as string | undefined, origins.environment, sources);
  const lost = section instanceof Failure;
  if (lost) problems.push(section);
  // Settings of another environment must not be used for this one.
  const usable = lost ? { ...sources, projectFile: undefined } : sources;
  for (const name of SETTING_NAMES) {
    if (name !== "environment") decide(name, usable, lost ? undefined : section);
  }
  return {
    values: values as SettingValues,
    origins: origins as Record<SettingName, Origin>,
    variables: connectionVariables(sources),
    variablePlaces: variablePlaces(sources),
    projectFile: sources.projectFile?.path,
    projectDirectory: sources.projectFile?.directory,
    isProjectFileAbove: sources.projectFile?.isAbove ?? false,
    ownServers,
    problems,
    warnings: [],
  };
}

/** One failure for all errors; undefined if there is none. */
export function failureOf(problems: readonly Failure[]): Failure | undefined {
  const [first, ...others] = problems;
  if (others.length === 0) return first;
  return new Failure("settings", `Cannot use the settings: they have ${problems.length} errors`, {
    hint: "Fix them all; for the syntax, run pgstep help settings.",
    findings: problems.map((problem) => finding("setting", problem)),
  });
}

type Result = { readonly value: unknown } | Failure;

function fallback(name: SettingName, { projectFile }: SettingSources): { readonly value: unknown } {
  const { kind, default: text } = settingOf(name);
  const result = text === undefined ? { value: undefined } : kind.read(text);
  const value = "value" in result ? result.value : undefined;
  // A default path is relative to the project file, even from a directory below it.
  return { value: projectFile && value !== undefined ? relocated(kind, value, projectFile) : value };
}

/** Adds the values of sources with lower precedence, for settings that merge. */
function merged(name: SettingName, strongest: Result, weaker: readonly Said[], sources: SettingSources): Result {
  const { kind } = settingOf(name);
  if (!kind.merge) return strongest;
  return weaker
    .map((said) => understood(name, said, sources, new Map()))
    .reduce<Result>((stronger, next) => {
      if (stronger instanceof Failure) return stronger;
      return next instanceof Failure ? next : { value: kind.merge?.(stronger.value, next.value) };
    }, strongest);
}

/** @param ownServers receives a URL whose server only the project file names */
function understood(
  name: SettingName,
  said: Said,
  sources: SettingSources,
  ownServers: Map<SettingName, OwnServer>,
): Result {
  const { kind, isSent } = settingOf(name);
  const { origin, option } = said;
  if (origin.source === "option") {
    if (option === "") return wrong(`the option ${name}`, "it is empty", "Give it a value, or leave it out.", origin);
    const result = typeof option === "string" ? kind.read(option) : { value: option };
    return "value" in result ? result : wrong(`the option ${name}`, result.problem, kind.hint, origin);
  }
  // Given by libpq's variables, which hold more than one value.
  if (said.text === undefined) return { value: undefined };
  if (origin.source !== "project-file") return readAs(kind, said.text, origin);
  const { environment, envFile, projectFile } = sources;
  const variable = (one: string) => environment[one] || envFile?.variables.get(one)?.value;
  const permitted = permittedVariables(variable(URL_VARIABLES));
  if (kind === databaseUrl) {
    const references = urlReferences(said.text, permitted);
    if (references.misplaced !== undefined) return misplaced(references.misplaced, "url", origin);
    const { inPassword } = references;
    if (!isNamedByVariables(references, variable)) ownServers.set(name, { passwordIsVariable: inPassword });
  } else if (isSent && ownServers.has("url")) {
    const sent = unpermittedVariable(said.text, permitted);
    if (sent !== undefined) return misplaced(sent, "sent", origin);
  }
  // Inside an object or a list the value is in JSON quotes.
  const isInQuotes = kind.json === "object" || kind.json === "array";
  const written = (text: string | undefined) => (isInQuotes && text ? JSON.stringify(text).slice(1, -1) : text);
  const substitution = substitute(said.text, (one) => written(variable(one)));
  if ("problem" in substitution) return wrong(`"${origin.key}"`, substitution.problem, substitution.hint, origin);
  if (substitution.value === "")
    return wrong(`"${origin.key}"`, "it is empty", "Give it a value, or leave it out.", origin);
  const result = readAs(kind, substitution.value, origin);
  if (result instanceof Failure || !projectFile) return result;
  const asWritten = kind.read(said.text);
  const value = kind.asWritten && "value" in asWritten ? kind.asWritten(result.value, asWritten.value) : result.value;
  return { value: relocated(kind, value, projectFile) };
}

/** Whoever sets these variables chooses the server. */
function isNamedByVariables({ whole, hosts }: UrlReferences, variable: (name: string) => string | undefined): boolean {
  if (whole !== undefined) return Boolean(variable(whole));
  return hosts.length > 0 && hosts.every((name) => variable(name));
}

/** The failure of a variable that a project file would send to a server that the file chose. */
function misplaced(name: string, where: "url" | "sent", origin: Origin & { source: "project-file" }): Failure {
  const problem =
    where === "url"
      ? `the variable ${name} may only be the whole URL or its password`
      : `the variable ${name} would be sent to a server that only this file names`;
  const hint = `Write the value itself, or list ${name} in the environment variable ${URL_VARIABLES} if it is no secret.`;
  return wrong(`"${origin.key}"`, problem, hint, origin);
}

function readAs(kind: Kind, text: string, origin: Origin): Result {
  const result = kind.read(text);
  // Text that cannot be parsed may contain a secret.
  const shown = kind.json === "object" ? "..." : text;
  return "value" in result ? result : wrong(spelled(shown, origin), result.problem, kind.hint, origin);
}

function spelled(text: string, origin: Origin): string {
  switch (origin.source) {
    case "flag":
      return `${origin.flag} ${text}`;
    case "environment":
      return `${origin.variable}=${text}`;
    case "env-file":
      return `${origin.variable}=${text} in ${origin.place.path}:${origin.place.line}`;
    case "project-file":
      return `"${origin.key}": "${text}"`;
    default:
      return `"${text}"`;
  }
}

function wrong(what: string, problem: string, hint: string, origin: Origin): Failure {
  return new Failure(origin.source === "flag" ? "usage" : "settings", `Cannot use ${what}: ${problem}`, {
    hint,
    ...(origin.source === "project-file" && { place: origin.place }),
  });
}

function relocated(kind: Kind, value: unknown, projectFile: { resolve(path: string): string }): unknown {
  return kind.relocate ? kind.relocate(value, (path) => projectFile.resolve(path)) : value;
}

/** The project file's section for the environment; undefined if the file has no sections. */
function sectionOf(
  environment: string | undefined,
  origin: Origin | undefined,
  { projectFile }: SettingSources,
): string | undefined | Failure {
  const names = [...(projectFile?.environments.keys() ?? [])];
  if (environment === undefined || names.length === 0 || !projectFile) return undefined;
  if (names.includes(environment)) return environment;
  const meant = nearest(environment, names);
  const said = origin ? ` (${describeOrigin(origin)})` : "";
  return new Failure(
    "settings",
    `Cannot use the environment "${environment}"${said}: ${projectFile.path} has sections for ${names.join(", ")} only`,
    { hint: meant ? `Did you mean ${meant}?` : `Add "${environment}": {} to its "${ENVIRONMENTS_KEY}".` },
  );
}

/** Settings that locate the env-file cannot be in the env-file. */
function tooLate({ envFile }: SettingSources): Failure[] {
  return SETTING_NAMES.map(settingOf)
    .filter(({ early }) => early)
    .flatMap(({ variables, flag }) => variables.map((variable) => ({ variable, flag })))
    .flatMap(({ variable, flag }) => {
      const line = envFile?.variables.get(variable)?.line;
      if (!envFile || line === undefined) return [];
      const message = `Cannot use ${variable} in ${envFile.path}:${line}: it must be known before that file is read`;
      return [new Failure("settings", message, { hint: `Set it in the environment, or give --${flag}.` })];
    });
}

function saidTwice({ flags }: SettingSources): Failure[] {
  return SETTING_NAMES.flatMap((name) => {
    const typed = flagsOf(settingOf(name)).filter(({ flag }) => flags?.has(flag));
    if (typed.length < 2) return [];
    const both = typed.map(({ flag }) => `--${flag}`).join(" and ");
    return [
      new Failure("usage", `Cannot use ${both} together: they set the same value`, { hint: "Give one of them." }),
    ];
  });
}

function variablePlaces({ environment, envFile }: SettingSources): Map<string, string> {
  const inFile = [...(envFile?.variables ?? [])].filter(([name]) => !environment[name]);
  return new Map(
    inFile.map(([variable, { line }]) => {
      return [variable, describeOrigin({ source: "env-file", variable, place: { path: envFile?.path ?? "", line } })];
    }),
  );
}

function connectionVariables({ environment, envFile }: SettingSources): Variables {
  const merged: Record<string, string | undefined> = {};
  for (const [name, { value }] of envFile?.variables ?? []) merged[name] = value;
  for (const [name, value] of Object.entries(environment))
    if (value || merged[name] === undefined) merged[name] = value;
  for (const name of settingOf("url").variables) delete merged[name];
  return merged;
}
