import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { decodeSource } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Database, Session } from "../../ports/session.ts";
import { dumpSchema } from "../dump/dump-schema.ts";
import { runSchemaFile } from "../dump/run-schema-file.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { createRoles, missingRole } from "../shadow/missing-roles.ts";
import { withRemedy } from "../shadow/remedies.ts";

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
  | { readonly kind: "database"; readonly name: string; readonly database: Database };

/**
 * Creates the schema in an empty shadow database.
 * @param roles roles that the embedded database gets as well, because the other schema has them
 * @throws Failure statement-failed, files-unsound, settings and those of connecting
 */
export async function fill(shadow: DatabaseContext, source: Source, roles: readonly string[] = []): Promise<void> {
  await fillAlone(shadow, source);
  // A role that is there already is refused.
  for (const role of roles) await createRoles(shadow, [role]);
}

async function fillAlone(shadow: DatabaseContext, source: Source): Promise<void> {
  for (const created = new Set<string>(); ; ) {
    const failure = await attempt(shadow, source);
    if (!failure) return;
    const role = missingRole(shadow, failure);
    // Roles belong to a server, so no schema creates them.
    if (role === undefined || created.has(role) || !(await createRoles(shadow, [role])))
      throw withRemedy(shadow, failure);
    created.add(role);
  }
}

async function attempt(shadow: DatabaseContext, source: Source): Promise<Failure | undefined> {
  if (source.kind === "migrations") {
    const { directory = shadow.settings.directory, fileSystem = shadow.fileSystem } = source;
    const isOther = source.fileSystem !== undefined || source.directory !== undefined;
    const context = { ...shadow, fileSystem, settings: { ...shadow.settings, directory } };
    return (await migrate(context, {}, isOther ? { withoutRepeatables: true } : {})).failure;
  }
  if (source.kind === "nothing") return undefined;
  try {
    if (source.kind === "file") await runText(shadow, source.name, shadow.fileSystem);
    else await runDump(shadow, source);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

async function runDump(shadow: DatabaseContext, { name, database }: Extract<Source, { kind: "database" }>) {
  const choice = { owners: false, privileges: true, rows: [] };
  const { text } = await dumpSchema({ ...shadow, database }, "database", choice);
  await runText(shadow, name, { ...shadow.fileSystem, read: () => [Buffer.from(text)] });
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
