import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { findPassword, parseServiceFile } from "../core/connection/files.ts";
import { parseConnectionKeywords } from "../core/connection/keywords.ts";
import { type ConnectionParameters, environmentParameters } from "../core/connection/parameters.ts";
import { serverTarget } from "../core/connection/server.ts";
import type { Target } from "../core/connection/target.ts";
import { isConnectionUrl, parseConnectionUrl } from "../core/connection/url.ts";
import { Failure } from "../core/error.ts";

export interface TargetSources {
  /** What `--url` or the library's `url` option says. */
  readonly url?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The database that the url, else DATABASE_URL, else the PG* variables name; undefined when none of them does.
 * What a URL leaves open is filled as by libpq: from the service file, then the PG* variables, then the defaults.
 * @throws Failure settings
 */
export function resolveTarget(sources: TargetSources): Target | undefined {
  const { environment } = sources;
  const named = sources.url
    ? { text: sources.url, source: "--url" }
    : environment.DATABASE_URL
      ? { text: environment.DATABASE_URL, source: "DATABASE_URL" }
      : undefined;
  if (named && /^pglite:/i.test(named.text)) return embeddedTarget(named.text.slice("pglite:".length), named.source);
  if (!named && !NAMING.some((variable) => environment[variable])) return undefined;
  const parameters = environmentParameters(environment);
  const given: ConnectionParameters = named ? parse(named.text, named.source) : new Map();
  const service = given.get("service") ?? parameters.get("service");
  if (service) {
    const file = given.get("servicefile") ?? parameters.get("servicefile");
    merge(parameters, serviceParameters(service, file, environment.PGSYSCONFDIR));
  }
  merge(parameters, given);
  const passwordFile = parameters.get("passfile")?.value ?? defaultPasswordFile(environment);
  const passwords = readPasswordFile(passwordFile);
  return serverTarget(parameters, {
    host: defaultHost(),
    user: operatingSystemUser(),
    ignoredPasswordFile: passwords === "readable by others" ? passwordFile : undefined,
    password: (wanted) => (typeof passwords === "function" ? findPassword(passwords(), wanted) : undefined),
  });
}

/** Variables that name a database on purpose; others (PGUSER, PGSSLMODE) are often set for everything. */
const NAMING = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];

function embeddedTarget(place: string, source: string): Target {
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
      hint: "Write postgres://user:password@host:5432/database, pglite:<directory> or pglite:memory.",
    });
  }
  return parseConnectionKeywords(text, source);
}

function merge(parameters: ConnectionParameters, stronger: ConnectionParameters): void {
  for (const [name, value] of stronger) parameters.set(name, value);
}

function serviceParameters(
  service: { value: string; source: string },
  file: { value: string } | undefined,
  systemDirectory: string | undefined,
): ConnectionParameters {
  const paths = [file?.value ?? join(homedir(), ".pg_service.conf")];
  if (systemDirectory) paths.push(join(systemDirectory, "pg_service.conf"));
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const found = parseServiceFile(readFileSync(path, "utf8"), service.value, path);
    if (found) return found;
  }
  throw new Failure(
    "settings",
    `Cannot use the service "${service.value}" from ${service.source}: ${paths.join(" and ")} has no such section`,
    { hint: `Add a section [${service.value}], or name the file with PGSERVICEFILE.` },
  );
}

/** As libpq: on Windows below %APPDATA%. */
function defaultPasswordFile(environment: TargetSources["environment"]): string {
  if (process.platform !== "win32") return join(homedir(), ".pgpass");
  return join(environment.APPDATA ?? homedir(), "postgresql", "pgpass.conf");
}

/** A file that others may read is passed over, as by libpq. */
function readPasswordFile(path: string): (() => string) | "readable by others" | undefined {
  try {
    const status = statSync(path);
    if (!status.isFile()) return undefined;
    if (process.platform !== "win32" && (status.mode & OTHERS) !== 0) return "readable by others";
    const text = readFileSync(path, "utf8");
    return () => text;
  } catch {
    return undefined;
  }
}

const OTHERS = 0o077;

/** Where a local server listens: the directory that distributions choose, PostgreSQL's own, else the network. */
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
