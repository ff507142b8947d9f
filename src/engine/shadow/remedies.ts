import { Failure } from "../../core/failure/failure.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import { PGLITE_PACKAGES } from "../../core/stand-ins/stand-in.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { DatabaseContext } from "../session/context.ts";
import { setupPath, standInPath } from "./stand-ins.ts";

/** What a statement lacks on the embedded database, and what the user can do. */
export interface Remedy {
  readonly hint: string;
  /** Follows the server's message. */
  readonly where?: string;
}

type Settings = DatabaseContext["settings"];

/** The remedy for a failure that the embedded database causes, not the file; undefined for any other. */
export function remedyFor(
  { database, fileSystem, settings }: Pick<DatabaseContext, "database" | "fileSystem" | "settings">,
  { server }: Failure,
): Remedy | undefined {
  if (!database.embedded || !server) return undefined;
  const [, script, line] = /^extension script file "([^"\n]*)", near line (\d+)/m.exec(server.where ?? "") ?? [];
  if (script !== undefined) {
    const path = standInPath(settings, `${script.split("--")[0]}.sql`);
    return isThere(fileSystem, path)
      ? { hint: `Fix the stand-in ${path}.`, where: ` in ${path}, near line ${line}` }
      : undefined;
  }
  for (const [pattern, remedy] of REMEDIES) {
    const found = pattern.exec(server.message);
    if (found) return { hint: remedy(settings, found[1] ?? "") };
  }
  return undefined;
}

/** The failure with its remedy instead of the advice of a server. */
export function withRemedy(context: DatabaseContext, failure: Failure): Failure {
  const remedy = remedyFor(context, failure);
  if (!remedy || !failure.server) return failure;
  const { code, message, place } = failure;
  const { detail: _detail, hint: _hint, ...server } = failure.server;
  return new Failure(code, `${message}${remedy.where ?? ""}`, {
    ...{ hint: remedy.hint, server, cause: failure },
    ...(place && { place }),
  });
}

const SERVER = "name an empty database on a server like yours: --shadow-url <url>";

const REMEDIES: readonly (readonly [RegExp, (settings: Settings, name: string) => string])[] = [
  [/^extension "(.+)" is not available$/, missingExtension],
  [/^role "(.+)" does not exist$/, (settings, name) => inSetup(settings, `CREATE ROLE ${quoteIdentifier(name)};`)],
  [/^collation "(.+)" for encoding "\w+" does not exist$/, (settings, name) => inSetup(settings, collationSql(name))],
  [/^schema "(.+)" does not exist$/, missingSchema],
  [/^foreign-data wrapper "(.+)" has no handler$/, () => `To use foreign tables, ${SERVER}.`],
  [
    /^(?:could not (?:access file|load library)|language ".+" does not exist|tablespace ".+" does not exist)/,
    () => elsewhere(),
  ],
];

function missingExtension(settings: Settings, name: string): string {
  const packageName = Object.hasOwn(PGLITE_PACKAGES, name) ? PGLITE_PACKAGES[name] : undefined;
  if (packageName !== undefined)
    return `Install it for the embedded database: npm install --save-dev ${packageName}, or ${SERVER}.`;
  const file = standInPath(settings, `${/^[\w-]+$/.test(name) ? name : "<extension>"}.sql`);
  return `Write the SQL that the extension would run to ${file}, or ${SERVER}.`;
}

/** Often it is only a misspelt name. */
function missingSchema(settings: Settings, name: string): string {
  return `If your server has it before the first migration, write CREATE SCHEMA ${quoteIdentifier(name)}; to ${setupPath(settings)}.`;
}

/** Only trial runs use the file, so that no server gets the object. */
function inSetup(settings: Settings, sql: string): string {
  return `Write ${sql} to ${setupPath(settings)}, or ${SERVER}.`;
}

function collationSql(name: string): string {
  const [, schema = "", plain = ""] = /^(pg_catalog\.)?(.*)$/s.exec(name) ?? [];
  const like = plain.endsWith("-x-icu") ? '"und-x-icu"' : '"C"';
  return `CREATE COLLATION ${schema}${quoteIdentifier(plain)} FROM ${like};`;
}

function elsewhere(): string {
  return `${SERVER.charAt(0).toUpperCase()}${SERVER.slice(1)}; the embedded database lacks it.`;
}

function isThere(fileSystem: FileSystem, path: string): boolean {
  try {
    fileSystem.readStart(path);
    return true;
  } catch {
    return false;
  }
}
