import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { decodeSource } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Database, Session } from "../../ports/session.ts";
import type { Ignored } from "../drift/surroundings.ts";
import { runSchemaFile } from "../dump/run-schema-file.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { makeLikeNew } from "../shadow/like-new.ts";
import { createRoles, missingRole } from "../shadow/missing-roles.ts";
import { withRemedy } from "../shadow/remedies.ts";
import { type DatabaseText, databaseTexts } from "./database-text.ts";

/** Where a schema comes from. */
export type Source =
  | {
      readonly kind: "migrations";
      readonly name: string;
      readonly directory?: string;
      readonly fileSystem?: FileSystem;
    }
  | { readonly kind: "nothing"; readonly name: string }
  | { readonly kind: "file"; readonly name: string }
  | {
      readonly kind: "database";
      readonly name: string;
      readonly database: Database;
      /** The objects that are left out. */
      readonly ignored?: Ignored;
    };

/**
 * Creates the schema in an empty shadow database.
 * @param like the major version of the server whose new databases it is like, and roles that the embedded database gets
 *   as well, because the other schema has them
 * @throws Failure statement-failed, files-unsound, settings and those of connecting
 */
export async function fill(
  shadow: DatabaseContext,
  source: Source,
  like: { readonly major?: number; readonly roles?: readonly string[] } = {},
): Promise<void> {
  const { major, roles = [] } = like;
  if (major !== undefined) await makeLikeNew(shadow, major * 10_000);
  await fillAlone(shadow, source);
  // A role that is there already is refused.
  for (const role of roles) await createRoles(shadow, [role]);
}

async function fillAlone(shadow: DatabaseContext, source: Source): Promise<void> {
  try {
    if (source.kind === "database") await runDump(shadow, source);
    else await withRoles(shadow, () => runSource(shadow, source));
  } catch (error) {
    throw error instanceof Failure ? remedied(shadow, source, error) : error;
  }
}

/** Runs work that creates a schema, again where it lacked a role. Roles belong to a server, so no schema creates them. */
async function withRoles(shadow: DatabaseContext, work: () => Promise<void>): Promise<void> {
  for (const created = new Set<string>(); ; ) {
    try {
      return await work();
    } catch (error) {
      const role = error instanceof Failure ? missingRole(shadow, error) : undefined;
      if (role === undefined || created.has(role) || !(await createRoles(shadow, [role]))) throw error;
      created.add(role);
    }
  }
}

/** What the embedded database lacks can be provided, or left out. */
function remedied(shadow: DatabaseContext, source: Source, failure: Failure): Failure {
  const found = withRemedy(shadow, failure);
  if (found === failure || source.kind !== "database" || !source.ignored) return found;
  const { code, message, server } = found;
  return new Failure(code, message, {
    hint: `${found.hint} ${failure.hint}`,
    cause: failure,
    ...(server && { server }),
  });
}

async function runSource(shadow: DatabaseContext, source: Exclude<Source, { kind: "database" }>): Promise<void> {
  if (source.kind === "nothing") return;
  if (source.kind === "file") return await runText(shadow, source.name, shadow.fileSystem);
  const { directory = shadow.settings.directory, fileSystem = shadow.fileSystem } = source;
  const isOther = source.fileSystem !== undefined || source.directory !== undefined;
  const context = { ...shadow, fileSystem, settings: { ...shadow.settings, directory } };
  const { failure } = await migrate(context, {}, isOther ? { withoutRepeatables: true } : {});
  if (failure) throw failure;
}

async function runDump(shadow: DatabaseContext, source: Extract<Source, { kind: "database" }>): Promise<void> {
  const texts = await databaseTexts({ ...shadow, database: source.database }, source.ignored);
  const run = (text: string) =>
    withRoles(shadow, () => runText(shadow, source.name, { read: () => [Buffer.from(text)] }));
  let failure: Failure | undefined;
  for (const { text, objectAt, attempts } of texts) {
    try {
      await run(text);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = namedFailure(error, source, objectAt);
      continue;
    }
    for (const statements of attempts) await run(statements).catch(requireOfStatement);
    return;
  }
  throw failure;
}

/** @throws any other error */
function requireOfStatement(error: unknown): void {
  if (!(error instanceof Failure) || error.code !== "statement-failed") throw error;
}

/** Names the object, because the text of pg_dump is not shown. */
function namedFailure(
  failure: Failure,
  { name, ignored }: Extract<Source, { kind: "database" }>,
  objectAt: DatabaseText["objectAt"],
): Failure {
  const { server, place } = failure;
  const object = failure.code === "statement-failed" ? objectAt(place?.line ?? 0) : undefined;
  if (object === undefined || !server) return failure;
  const message = `Cannot create ${object} of ${name} in an empty database: ${server.message} (${server.code})`;
  const hint = ignored
    ? `To leave the object out, add it to driftIgnore, or use --drift-ignore "${object}".`
    : "Both schemas are created in an empty database; nothing else was changed.";
  return new Failure("statement-failed", message, { hint, server, cause: failure });
}

/** Runs a file, or a text in its place, in one transaction. */
export async function runText(
  shadow: DatabaseContext,
  path: string,
  fileSystem: Pick<FileSystem, "read">,
): Promise<void> {
  const { database, signal } = shadow;
  const run = async (session: Session) => {
    await session.execute("BEGIN");
    try {
      await runSchemaFile(
        { ...shadow, fileSystem: { ...shadow.fileSystem, read: (of) => fileSystem.read(of) } },
        session,
        path,
        () => signal.throwIfAborted(),
      );
      await session.execute("COMMIT");
    } catch (error) {
      await session.execute("ROLLBACK").catch(() => {});
      throw error;
    }
  };
  await withSession(database, "create the schema on", run, signal);
}

/** The text of a schema file. @throws Failure settings */
export function schemaFileText(fileSystem: FileSystem, path: string): string {
  try {
    return [...decodeSource(fileSystem.read(path))].join("");
  } catch (cause) {
    throw new Failure("settings", `Cannot read ${path}: ${systemWords(cause)}`, {
      hint: "Name a file with the CREATE statements of the whole schema, e.g. one of pgstep dump --out schema.sql.",
      cause,
    });
  }
}
