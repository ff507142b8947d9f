import { Failure, interruption } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import {
  AVAILABLE_EXTENSIONS,
  type Control,
  parseControl,
  STAND_IN_COMMENTS,
  type StandIn,
} from "../../core/stand-ins/stand-in.ts";
import type { UsedStandIn } from "../../core/stand-ins/used-stand-in.ts";
import { writeDuration } from "../../core/text/duration.ts";
import { advance, START } from "../../core/text/position.ts";
import { decodeSource, NotUtf8 } from "../../core/text/source.ts";
import type { DirectoryEntry } from "../../ports/file-system.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { listDirectory } from "../files/read-sql-directory.ts";
import { cancelOnAbort } from "../run/begin-and-end.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { lineOf } from "../step/step-failure.ts";

/** The project's files for a shadow database in memory. */
export interface StandInFiles {
  readonly standIns: readonly StandIn[];
  /** What runs in the database before the migrations. */
  readonly setup: SetupFile | undefined;
}

interface SetupFile {
  readonly path: string;
  readonly sql: string;
}

/** The file that stands for everything of a server but its extensions: roles, collations, schemas of others. */
const SETUP = "server";

/** The path of a file in the directory of stand-ins, as the user would write it. */
export function standInPath({ directory, standInsDirectory }: Context["settings"], file: string): string {
  const parent = standInsDirectory ?? directoryBeside(directory, "stand-ins");
  return /[/\\]$/.test(parent) ? `${parent}${file}` : `${parent}/${file}`;
}

/** The path of the file that runs before the migrations. */
export function setupPath(settings: Context["settings"]): string {
  return standInPath(settings, `${SETUP}.sql`);
}

/**
 * Reads the directory of stand-ins: `<extension>.sql`, each with an optional `<extension>.control`, and `server.sql`.
 * Their names come from the directory, never from SQL.
 * @param requireReadable throws for a path that must not be read
 * @throws Failure settings, directory-unreadable
 */
export function readStandIns(
  { fileSystem, settings }: Pick<Context, "fileSystem" | "settings">,
  requireReadable: (path: string) => void,
): StandInFiles {
  const { standInsDirectory } = settings;
  const files = listDirectory(fileSystem, {
    path: standInPath(settings, "").slice(0, -1),
    isNamed: standInsDirectory !== undefined,
    doing: "read stand-ins from",
  });
  const read = (file: string): SetupFile => {
    const path = standInPath(settings, file);
    requireReadable(path);
    return { path, sql: textOf({ fileSystem }, path) };
  };
  const named = namesWith(".sql", files);
  const controlled = new Set(namesWith(".control", files));
  const extensions = named.filter((name) => name !== SETUP).sort();
  const [misnamed] = extensions.filter((name) => name.includes("--"));
  if (misnamed !== undefined) throw misnamedFile(standInPath(settings, `${misnamed}.sql`), misnamed);
  return {
    standIns: extensions.map((name) => {
      const control = controlled.has(name) ? controlOf(read(`${name}.control`)) : {};
      return { name, sql: read(`${name}.sql`).sql, control };
    }),
    setup: named.includes(SETUP) ? read(`${SETUP}.sql`) : undefined,
  };
}

/**
 * Runs the file that prepares a shadow database; closes the database if that fails.
 * @throws Failure settings, interrupted, terminated
 */
export async function setUp(shadow: DatabaseContext, file: SetupFile): Promise<void> {
  const { database, signal } = shadow;
  const limit = AbortSignal.timeout(LONGEST_SETUP_MS);
  const stopped = AbortSignal.any([signal, limit]);
  try {
    await withSession(
      database,
      DOING,
      async (session) => {
        const release = cancelOnAbort({ ...shadow, signal: stopped }, session);
        await runSetup(session, file).finally(release);
      },
      stopped,
    );
  } catch (error) {
    await database.close();
    if (signal.aborted) throw interruption(signal, `Cannot ${DOING}`, "Run the command again.");
    if (!limit.aborted) throw error;
    throw new Failure(
      "settings",
      `Cannot ${DOING}: ${file.path} takes longer than ${writeDuration(LONGEST_SETUP_MS)}`,
      {
        hint: "Only create objects in it.",
        place: { path: file.path },
      },
    );
  }
}

const DOING = "prepare the shadow database";
/** The file may come from a checkout that nobody has reviewed. */
const LONGEST_SETUP_MS = 30_000;

async function runSetup(session: Session, { path, sql }: SetupFile): Promise<void> {
  // Collations of a server are in pg_catalog.
  await session.execute("SET allow_system_table_mods = on");
  try {
    await session.execute(sql);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const { message, code, position } = error.server;
    const at = position === undefined ? undefined : advance(START, sql, position - 1);
    throw new Failure("settings", `Cannot ${DOING}: ${message} (${code})`, {
      hint: `Fix ${path}, which runs before the migrations.`,
      place: { path, ...at, ...(at && lineOf({ text: () => [sql] }, at)) },
      server: error.server,
      cause: error,
    });
  }
}

/** The stand-ins that a shadow database has: by their extensions' names, then the file that has prepared it. */
export async function usedStandIns(shadow: DatabaseContext): Promise<UsedStandIn[]> {
  const { database, settings, signal, preparedBy } = shadow;
  if (!database.embedded) return [];
  const read = async (session: Session) => ((await session.query(ANY)).length > 0 ? await session.query(USED) : []);
  const rows = await withSession(database, "inspect", read, signal);
  const extensions = rows.map(({ name, comment }) => ({
    extension: String(name),
    ...(comment === STAND_IN_COMMENTS.ofFile && { path: standInPath(settings, `${name}.sql`) }),
  }));
  return [...extensions, ...(preparedBy === undefined ? [] : [{ path: preparedBy }])];
}

/** Most databases have none, and the next query takes ten times as long. */
const ANY = "SELECT 1 FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' LIMIT 1";

const USED = `SELECT e.extname AS name, a.comment FROM pg_catalog.pg_extension e
 JOIN ${AVAILABLE_EXTENSIONS} a ON a.name = e.extname
 WHERE a.comment IN (${Object.values(STAND_IN_COMMENTS)
   .map((comment) => `'${comment}'`)
   .join(", ")}) ORDER BY 1`;

function namesWith(ending: string, files: readonly DirectoryEntry[]): string[] {
  return files
    .filter(({ name, kind }) => kind === "file" && name.endsWith(ending) && !name.startsWith("."))
    .map(({ name }) => name.slice(0, -ending.length));
}

function textOf({ fileSystem }: Pick<Context, "fileSystem">, path: string): string {
  try {
    return [...decodeSource(fileSystem.read(path))].join("");
  } catch (cause) {
    const reason = cause instanceof NotUtf8 ? "it is not UTF-8" : systemWords(cause, "file");
    throw new Failure("settings", `Cannot read the stand-in ${path}: ${reason}`, {
      hint: "Save it as UTF-8, and check its permissions.",
      cause,
    });
  }
}

function controlOf({ path, sql }: SetupFile): Control {
  const control = parseControl(sql);
  if (typeof control !== "number") return control;
  throw new Failure("settings", `Cannot read the control file ${path}: line ${control} is no parameter`, {
    hint: "Write each line as in default_version = '1.4'.",
    place: { path, line: control, column: 1 },
  });
}

function misnamedFile(path: string, name: string): Failure {
  return new Failure("settings", `Cannot use the stand-in ${path}: no extension has "--" in its name`, {
    hint: `Rename it to ${name.split("--")[0]}.sql; a version belongs into ${name.split("--")[0]}.control.`,
  });
}
