import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import process from "node:process";
import { explainServer, type TargetValue } from "../../core/connection/explanation.ts";
import { parseConnectionKeywords } from "../../core/connection/keywords.ts";
import { findPassword } from "../../core/connection/libpq-files.ts";
import {
  type ConnectionParameters,
  environmentParameters,
  SESSION_VARIABLES,
  sessionSettings,
} from "../../core/connection/parameters.ts";
import { type ConnectionDefaults, serverTarget } from "../../core/connection/server-target.ts";
import type { EmbeddedTarget, ServerTarget, Target } from "../../core/connection/target.ts";
import { isConnectionUrl, parseConnectionUrl } from "../../core/connection/url.ts";
import { Failure } from "../../core/failure/failure.ts";
import { commandWords } from "../../core/text/command-words.ts";
import { passwordFromCommand } from "../programs/password-command.ts";
import { defaultPasswordFile, readPassword, readPasswordFile, serviceParameters } from "./connection-files.ts";

export interface TargetSources {
  /** The value of `--url` or of the library's `url` option. */
  readonly url?: string | undefined;
  /** The origin of `url` in messages; by default the variable with the same value, or `--url`. */
  readonly urlOrigin?: string | undefined;
  /** A file that contains only the password; by default PGSTEP_PASSWORD_FILE. */
  readonly passwordFile?: string | undefined;
  /** The origin of `passwordFile` in messages; by default "--password-file". */
  readonly passwordFileOrigin?: string | undefined;
  /** A program and its arguments that print the password, in one text. */
  readonly passwordCommand?: string | undefined;
  /** What messages call the place where `passwordCommand` came from; "--password-command" when left out. */
  readonly passwordCommandOrigin?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Set if only a project file names the server of `url`. */
  readonly ownServer?: { readonly passwordIsVariable: boolean };
}

/**
 * The database that the url, else DATABASE_URL, else the PG* variables name; undefined if none of them does.
 * Missing parts of a URL are filled in as by libpq: from the service file, then the PG* variables, then the defaults.
 * @throws Failure settings
 */
export function resolveTarget(sources: TargetSources): Target | undefined {
  return resolve(sources)?.target;
}

/**
 * Every connection value with its origin; empty if nothing names a database.
 * @throws Failure settings
 */
export function explainTarget(sources: TargetSources): readonly TargetValue[] {
  return resolve(sources)?.explain() ?? [];
}

interface Resolved {
  readonly target: Target;
  readonly explain: () => readonly TargetValue[];
}

function resolve(sources: TargetSources): Resolved | undefined {
  const named = namedBy(sources);
  if (named && /^pglite:/i.test(named.text)) {
    const target = embeddedTarget(named.text.slice("pglite:".length), named.source);
    return { target, explain: () => [{ name: "url", value: named.text, origin: named.source }] };
  }
  if (!named && !NAMING.some((variable) => sources.environment[variable])) return undefined;
  return resolveServer(sources, named);
}

/** Variables that name a database on purpose; others (PGUSER, PGSSLMODE) are often set for all databases. */
const NAMING = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];

interface Named {
  readonly text: string;
  readonly source: string;
}

function namedBy({ url, urlOrigin, environment }: TargetSources): Named | undefined {
  const variables = ["PGSTEP_URL", "DATABASE_URL"];
  if (!url) return environment.DATABASE_URL ? { text: environment.DATABASE_URL, source: "DATABASE_URL" } : undefined;
  return { text: url, source: urlOrigin ?? variables.find((name) => environment[name] === url) ?? OPTION };
}

const OPTION = "--url";

function resolveServer(sources: TargetSources, named: Named | undefined): Resolved {
  const { environment } = sources;
  const parameters = environmentParameters(environment);
  const given: ConnectionParameters = named ? parse(named.text, named.source) : new Map();
  const requireAuth = parameters.get("require_auth")?.value;
  const service = given.get("service") ?? parameters.get("service");
  if (service?.value) {
    const file = given.get("servicefile") ?? parameters.get("servicefile");
    merge(parameters, serviceParameters(service, file?.value ? file : undefined, environment));
  }
  merge(parameters, given);
  const secret = secretFile(sources, given);
  if (secret) {
    const value = readPassword(secret.path, secret.source);
    parameters.set("password", { value, source: `${secret.source} ${secret.path}` });
  }
  const command = passwordCommand(sources, given);
  if (command) parameters.delete("password");
  const passwordFile = parameters.get("passfile")?.value || defaultPasswordFile(environment);
  const passwords = readPasswordFile(passwordFile);
  const places = new Set<string>();
  const session = sessionSettings(environment);
  const target = serverTarget(parameters, {
    host: defaultHost(),
    user: operatingSystemUser(),
    ignoredPasswordFile: passwords === "readable by others" ? passwordFile : undefined,
    sessionSettings: session,
    ...(named && sources.ownServer && limits(sources.ownServer, named, { given, parameters, requireAuth })),
    password: (wanted) => {
      if (command) return command.password();
      const found = typeof passwords === "object" ? findPassword(passwords.text, wanted) : undefined;
      if (found) places.add(`${passwordFile}:${found.line}`);
      return found?.password || undefined;
    },
  });
  return {
    target,
    explain() {
      if (command) places.add(command.origin);
      else for (const host of target.hosts) host.password();
      return explain(target, parameters, session, places);
    },
  };
}

/** The limits of trust in a server that only a project file names. */
function limits(
  ownServer: { readonly passwordIsVariable: boolean },
  { source }: Named,
  { given, parameters, requireAuth }: Merged,
): Pick<ConnectionDefaults, "guard" | "agreement"> {
  const hasOwnServices = given.get("servicefile")?.value !== undefined;
  const ofFile = (name: string) => given.has(name) && parameters.get(name) === given.get(name);
  const leadsElsewhere = hasOwnServices || ["host", "hostaddr", "port"].some(ofFile);
  // A service in the user's own file names the server, unless the URL names another one.
  const isServerOfUser = !leadsElsewhere && parameters.get("host")?.value;
  // A password in the project file is already known to its author.
  const isPasswordOfFile = ofFile("password") && !ownServer.passwordIsVariable;
  const isRootOfUser = parameters.get("sslrootcert")?.value !== "system" && !ofFile("sslrootcert") && !hasOwnServices;
  const verifiesServer = isRootOfUser && /^verify-/.test(parameters.get("sslmode")?.value ?? "");
  return {
    guard: isServerOfUser || isPasswordOfFile ? undefined : { origin: source, verifiesServer },
    agreement: hasOwnServices || ofFile("require_auth") ? { requireAuth } : undefined,
  };
}

/** The parameters of the URL, the merged parameters, and `require_auth` from the user's variables. */
interface Merged {
  readonly given: ConnectionParameters;
  readonly parameters: ConnectionParameters;
  readonly requireAuth: string | undefined;
}

function explain(
  target: ServerTarget,
  parameters: ConnectionParameters,
  session: Readonly<Record<string, string>>,
  places: ReadonlySet<string>,
): TargetValue[] {
  const settings = Object.entries(session).map(([name, value]) => ({
    name,
    value,
    origin: Object.keys(SESSION_VARIABLES).find((variable) => SESSION_VARIABLES[variable] === name) ?? "",
  }));
  const origins = { host: "default", user: "default, the system's user", passwords: [...places] };
  return [...explainServer(target, parameters, origins), ...settings];
}

/** A password file takes precedence over everything except a password in the typed `--url`. */
function secretFile(
  { passwordFile, passwordFileOrigin, environment }: TargetSources,
  given: ConnectionParameters,
): { readonly path: string; readonly source: string } | undefined {
  const path = passwordFile ?? (environment[PASSWORD_FILE] || undefined);
  if (path === undefined) return undefined;
  const source = passwordFile === undefined ? PASSWORD_FILE : (passwordFileOrigin ?? PASSWORD_FILE_OPTION);
  const password = given.get("password");
  if (source !== PASSWORD_FILE_OPTION && password?.value && password.source === OPTION) return undefined;
  return { path, source };
}

interface PasswordCommand {
  readonly origin: string;
  password(): Promise<string>;
}

/** The command that prints the password; like a password's own file it yields to a password in the `--url` that was typed. */
function passwordCommand(sources: TargetSources, given: ConnectionParameters): PasswordCommand | undefined {
  const words = sources.passwordCommand === undefined ? undefined : commandWords(sources.passwordCommand);
  if (!words) return undefined;
  const origin = sources.passwordCommandOrigin ?? PASSWORD_COMMAND_OPTION;
  const file = secretFile(sources, given);
  if (file) {
    throw new Failure("settings", `Cannot connect: ${file.source} and ${origin} contradict each other`, {
      hint: "Give one of them.",
    });
  }
  const typed = given.get("password");
  if (origin !== PASSWORD_COMMAND_OPTION && typed?.value && typed.source === OPTION) return undefined;
  let password: Promise<string> | undefined;
  return { origin, password: () => (password ??= passwordFromCommand(words, origin)) };
}

const PASSWORD_COMMAND_OPTION = "--password-command";
const PASSWORD_FILE_OPTION = "--password-file";
const PASSWORD_FILE = "PGSTEP_PASSWORD_FILE";

function embeddedTarget(place: string, source: string): EmbeddedTarget {
  const path = place.replace(/^\/\//, "");
  if (path === "memory") return { kind: "embedded", directory: undefined };
  if (path !== "") return { kind: "embedded", directory: path };
  throw new Failure("settings", `Cannot read the database URL from ${source}: pglite: names no directory`, {
    hint: "Write pglite:<directory> or pglite:memory.",
  });
}

function parse(text: string, source: string): ConnectionParameters {
  if (isConnectionUrl(text)) return parseConnectionUrl(text, source);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1];
  if (scheme !== undefined && !/[\s=]/.test(text.slice(0, scheme.length + 1))) {
    throw new Failure("settings", `Cannot read the database URL from ${source}: ${scheme}: is not a PostgreSQL URL`, {
      hint: "Write postgres://user@host:5432/database, pglite:<directory> or pglite:memory.",
    });
  }
  return parseConnectionKeywords(text, source);
}

function merge(parameters: ConnectionParameters, stronger: ConnectionParameters): void {
  for (const [name, value] of stronger) parameters.set(name, value);
}

/** Where a local server listens: the socket directory of most distributions, PostgreSQL's default one, else TCP. */
function defaultHost(): string {
  if (process.platform === "win32") return "localhost";
  if (existsSync("/var/run/postgresql")) return "/var/run/postgresql";
  return existsSync("/tmp/.s.PGSQL.5432") ? "/tmp" : "localhost";
}

function operatingSystemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
