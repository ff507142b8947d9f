import { backupStore } from "./adapters/files/backup-store.ts";
import type { TextStream } from "./adapters/output/output.ts";
import { programFile } from "./adapters/process/sealed-program.ts";
import { git } from "./adapters/programs/git.ts";
import { gitCommands } from "./adapters/programs/git-commands.ts";
import type { Attendance } from "./adapters/server/postgres-database.ts";
import { withDirectoryFacts } from "./adapters/setting-files/directory-facts.ts";
import type { ProjectConfines } from "./adapters/setting-files/project-confines.ts";
import { repositoryOf } from "./adapters/setting-files/project-file-search.ts";
import { unreadEnvFile } from "./adapters/setting-files/read-settings.ts";
import { TerminalConsent } from "./adapters/terminal/consent.ts";
import { backupTools, contextOf, namedTarget, openTarget } from "./assembly.ts";
import type { PgstepCommand } from "./commands/index.ts";
import type { DatabaseWishes, Environment } from "./commands/shared/environment.ts";
import { withPin } from "./core/bundle/sealed-program.ts";
import { databaseSources, typedSources } from "./core/configuration/database-sources.ts";
import { noDatabaseNamed } from "./core/configuration/no-database.ts";
import type { ResolvedSettings } from "./core/configuration/resolve-settings.ts";
import type { Target } from "./core/connection/target.ts";
import type { Pin } from "./core/migrations/history-pin.ts";
import { directoryBeside } from "./core/migrations/sibling-directory.ts";
import type { EventListener } from "./core/reports/event.ts";
import { rehearseRestore } from "./engine/restore/rehearse.ts";
import type { Context } from "./engine/session/context.ts";
import { createdIfMissing } from "./engine/session/create-missing.ts";
import { waitingDatabase, waitLimitOf } from "./engine/session/wait-for-database.ts";
import { type Beginning, type InShadow, inShadow, replay } from "./engine/shadow/shadow.ts";
import type { FileSystem } from "./ports/file-system.ts";
import type { Reporter } from "./ports/reporter.ts";
import type { Database } from "./ports/session.ts";
import { ShadowDatabases } from "./shadow-databases.ts";

/** The parts of a command's environment. */
export interface EnvironmentParts {
  readonly command: PgstepCommand;
  readonly settings: ResolvedSettings;
  readonly reporter: Reporter;
  /** The files of the migrations: on the disk, or inside a bundle. */
  readonly fileSystem: FileSystem;
  /** The start of the history that a pinned bundle requires. */
  readonly pin: Pin | null | undefined;
  /** Limits for a command that only looks; undefined for other commands. */
  readonly confines: ProjectConfines | undefined;
  /** True if the user (by a flag or variable), not only a project file, asked for silence. */
  readonly isQuiet: boolean;
  readonly signal: AbortSignal;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  readonly stdin: NodeJS.ReadStream;
  /** The stream for prompts. */
  readonly stderr: TextStream;
  /** True if a person may be present who can type a password. */
  readonly mayAskPassword: boolean;
}

/** Makes the environment of one command; `close` ends its connection. */
export function commandEnvironment(parts: EnvironmentParts): Environment & { close(): Promise<void> } {
  const { command, settings: resolved, reporter, confines, signal, stderr } = parts;
  const settings = resolved.values;
  const pin = command.name === "status" ? undefined : parts.pin;
  const named = databaseSources(resolved);
  const target = namedTarget(named);
  const context = contextOf(resolved, {
    fileSystem: withDirectoryFacts(confines?.fileSystem(parts.fileSystem) ?? parts.fileSystem, resolved),
    emit: listenerOf(parts),
    signal,
    programs: !confines,
  });
  let database: Database | undefined;
  const others = new OtherDatabases(parts, context);
  const namedDatabase = async (wishes: DatabaseWishes = {}) =>
    (database ??= await openNamed(parts, context, await target(), wishes));
  const environment: Environment = {
    context,
    settings: resolved,
    explainDatabase: async () => (await import("./adapters/target/resolve-target.ts")).explainTarget(named),
    buffered: (path) => buffered(context, parts.stdin, path),
    namedDatabase: () => namedDatabase(),
    databaseAt: (url) => others.open(url),
    noDatabaseNamed: () => noDatabaseNamed(unreadEnvFile(resolved)),
    async databaseContext(wishes) {
      const opened = await namedDatabase(wishes);
      if (!opened) throw environment.noDatabaseNamed();
      return { ...context, database: opened, ...(pin && { settings: { ...settings, pin } }) };
    },
    ...shadowWork(new ShadowDatabases(resolved, context, confines)),
    async probe() {
      const server = await target();
      return server?.kind === "server" ? (await import("./adapters/server/probe.ts")).serverProbe(server) : undefined;
    },
    async backupMeans() {
      const tools = confines
        ? { store: backupStore, dumpProgram: async () => undefined, restoreProgram: async () => undefined }
        : backupTools(resolved, target, context.emit);
      const rehearse = (path: string) => environment.inShadow((rehearsal) => rehearseRestore(rehearsal, tools, path));
      return { tools, policy: settings, rehearse };
    },
    consent: (given) =>
      new TerminalConsent(
        { input: parts.stdin, output: stderr, signal },
        {
          ...given,
          environment: settings.environment,
          database: () => database?.description ?? "",
          mayAsk: settings.format !== "json",
          seeChanges: (paths) => gitCommands(paths, repositoryOf),
        },
      ),
    programFile: confines?.programFile(programFile) ?? programFile,
    versionControl: git,
    print: parts.print,
    report: (report) => reporter.report(parts.pin ? withPin(report, parts.pin) : report),
  };
  return Object.assign(environment, {
    async close() {
      await database?.close();
      await others.close();
    },
  });
}

/** Work in shadow databases, which are closed after it. */
function shadowWork(
  shadows: ShadowDatabases,
): Pick<Environment, "replayed" | "inShadow" | "inTrial" | "inDriftTrial" | "noteOf"> {
  return {
    async replayed(work) {
      const rehearsal = await shadows.open({ hasStandIns: true });
      return await replay(rehearsal, work).finally(() => rehearsal.database.close());
    },
    async inShadow(work) {
      const rehearsal = await shadows.open();
      return await inShadow(rehearsal, work).finally(() => rehearsal.database.close());
    },
    inTrial: inTrial(shadows, "check"),
    inDriftTrial: inTrial(shadows, "drift"),
    noteOf: (migrations, more) => shadows.noteOf(migrations, more),
  };
}

/** Databases besides the named one. */
class OtherDatabases {
  readonly #parts: EnvironmentParts;
  readonly #context: Context;
  readonly #opened: Database[] = [];

  constructor(parts: EnvironmentParts, context: Context) {
    this.#parts = parts;
    this.#context = context;
  }

  /** The password of the named database is not for another one. @throws Failure settings */
  async open(url: string): Promise<Database> {
    const { resolveTarget } = await import("./adapters/target/resolve-target.ts");
    const target = resolveTarget(typedSources(this.#parts.settings, url));
    const database = target && (await openNamed(this.#parts, this.#context, target, {}));
    if (!database) throw noDatabaseNamed();
    this.#opened.push(database);
    return database;
  }

  async close(): Promise<void> {
    for (const database of this.#opened) await database.close();
  }
}

function listenerOf({ reporter, isQuiet }: EnvironmentParts): EventListener {
  let isLayoutSaid = false;
  return (event) => {
    if (isQuiet && (event.type === "program-named" || event.type === "layout-found")) return;
    // A command may read the files several times.
    if (event.type === "layout-found" && isLayoutSaid) return;
    isLayoutSaid ||= event.type === "layout-found";
    reporter.event(event);
  };
}

/** @param keeper see `ShadowDatabases.openTrial` */
function inTrial(shadows: ShadowDatabases, keeper: "check" | "drift"): InShadow {
  const inNext: InShadow = async (work, beginning = { migrations: [] }) => {
    const { shadow, start } = await shadows.openTrial(beginning, keeper);
    return await inShadow(shadow, (context) => work(context, start)).finally(() => shadow.database.close());
  };
  return Object.assign(inNext, {
    prepare: (beginning: Beginning) => shadows.prepareTrial(beginning, keeper),
  });
}

/** See `Environment.buffered`. */
async function buffered(
  context: Context,
  stdin: NodeJS.ReadStream,
  path: string,
): Promise<{ context: Context; path: string | undefined }> {
  const { bufferedFiles, pathBelow } = await import("./adapters/files/buffered-files.ts");
  const { directory, repeatableDirectory = directoryBeside(directory, "repeatable") } = context.settings;
  const found = [directory, repeatableDirectory].flatMap((one) => pathBelow(one, path) ?? []);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  const fileSystem = bufferedFiles(context.fileSystem, path, Buffer.concat(chunks));
  return { context: { ...context, fileSystem }, path: found[0] };
}

/** The named database, if any. */
async function openNamed(
  parts: EnvironmentParts,
  context: Context,
  target: Target | undefined,
  { waitLimit = waitLimitOf(parts.settings.values.waitMs), createMissing = false }: DatabaseWishes,
): Promise<Database | undefined> {
  if (!target) return undefined;
  const { settings: resolved, confines, stderr, mayAskPassword: mayAsk } = parts;
  confines?.requireHarmless("url", target);
  const attendance: Attendance = {
    emit: context.emit,
    async askPassword(user, signal) {
      const { askPassword } = await import("./adapters/terminal/password.ts");
      return await askPassword({ input: parts.stdin, output: stderr, mayAsk }, user, signal);
    },
  };
  const open = (one: Target) => openTarget(one, resolved.values, attendance);
  let database = await open(target);
  if (createMissing && target.kind === "server") {
    const others = ["postgres", "template1"].map((name) => () => open({ ...target, database: name }));
    database = createdIfMissing(database, { name: target.database, others }, context.emit);
  }
  if (!waitLimit) return database;
  const standbyWillDo =
    target.kind === "server" && ["read-only", "standby", "prefer-standby"].includes(target.serverRole);
  return waitingDatabase(database, context, { ...waitLimit, standbyWillDo });
}
