// Before all others: packages read variables while they are loaded.
import "./adapters/variables-of-deno.ts";

import process from "node:process";
import { backupStore } from "./adapters/backup-store.ts";
import { runProgram } from "./adapters/child-process.ts";
import { withDirectoryFacts } from "./adapters/directory-facts.ts";
import { disk } from "./adapters/disk.ts";
import { gitCommands } from "./adapters/git-commands.ts";
import { hookPrograms } from "./adapters/hook-programs.ts";
import { type Interruption, listenForInterruption } from "./adapters/interruption.ts";
import { openReporter } from "./adapters/open-reporter.ts";
import { hidePasswords } from "./adapters/process-title.ts";
import { startedWords } from "./adapters/program-start.ts";
import { ProjectConfines } from "./adapters/project-confines.ts";
import { repositoryOf } from "./adapters/project-file-search.ts";
import { endQuietly } from "./adapters/reporter-output.ts";
import { versionText } from "./adapters/reporter-version.ts";
import { sealedFiles } from "./adapters/sealed-files.ts";
import { ownSeal, programFile } from "./adapters/sealed-program.ts";
import { readSettings, unreadEnvFile } from "./adapters/setting-files.ts";
import { systemClock } from "./adapters/system-clock.ts";
import { TerminalConsent } from "./adapters/terminal-consent.ts";
import { runtimeVersion, toolCommit, toolTarget, toolVersion } from "./adapters/tool-version.ts";
import { forgetVariablesOfBun } from "./adapters/variables-of-bun.ts";
import { requireVariables } from "./adapters/variables-of-deno.ts";
import { backupTools } from "./backup-tools.ts";
import { parseCommandLine, type Request, typedOptions } from "./command-line.ts";
import { VOCABULARY } from "./commands/index.ts";
import { manifestOf } from "./core/bundle/seal.ts";
import { refuseUnsealed, sealedFlags, sealedSettings, withPin } from "./core/bundle/sealed-program.ts";
import { effectOf } from "./core/command.ts";
import { permissionFailure } from "./core/deno-permission.ts";
import { Failure } from "./core/error.ts";
import type { EventListener } from "./core/event.ts";
import { HELP_WIDTH } from "./core/help-text.ts";
import { HintCommands } from "./core/hint-commands.ts";
import { narrowed } from "./core/narrow-text.ts";
import { requireFormat } from "./core/presentation.ts";
import { databaseSources, shadowSources } from "./core/settings/database-sources.ts";
import { noDatabaseNamed } from "./core/settings/no-database.ts";
import { placeInProjectFile } from "./core/settings/origin.ts";
import { failureOf, type ResolvedSettings, resolveSettings } from "./core/settings/resolve-settings.ts";
import { rehearseRestore } from "./engine/backup/restore.ts";
import { completionLines } from "./engine/complete.ts";
import type { Context } from "./engine/context.ts";
import type { Environment, GivenPatience } from "./engine/environment.ts";
import { inShadow, replay } from "./engine/replay.ts";
import { patienceOf, waitingDatabase } from "./engine/wait.ts";
import { withoutSecrets } from "./engine/without-secrets.ts";
import type { Probe } from "./ports/probe.ts";
import type { Database } from "./ports/session.ts";

/** The exit status of a fault of pgstep's own. */
const BUG = 1;

const own = ownSeal();
const seal = own instanceof Failure ? undefined : own;
const fileSystem = seal ? sealedFiles(seal, disk) : disk;
const words = process.argv.slice(2);
hidePasswords(words);
const typed = typedOptions(words);
const presentation = settingsOf(typed).values;
const stdout = endQuietly(process.stdout);
const stderr = endQuietly(process.stderr);
const commands = new HintCommands(VOCABULARY, startedWords, typed);
const surroundings = { stdout, stderr, variables: process.env, toolVersion, commands };
// Only a command that runs writes its log.
let reporter = openReporter({ ...presentation, logFile: undefined }, surroundings);

// Thrown where no caller waits, so nothing can be ended in order any more; the server rolls back what is open.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => {
    reporter.bug(error);
    process.exit(BUG);
  });
}

process.exitCode = await reported(await answer());

/** The exit status of a command whose answer may have been lost. */
async function reported(status: number): Promise<number> {
  const reason = await stdout.lost();
  if (status !== 0 || reason === undefined) return status;
  const failure = new Failure("output-lost", `Cannot write the answer: ${reason}`, {
    hint: "What was to be done is done: make room for the output, and see it with pgstep status.",
  });
  reporter.failure(failure);
  return failure.exitStatus;
}

/** Does what was typed and returns the exit status. */
async function answer(): Promise<number> {
  try {
    if (own instanceof Failure) throw own;
    if (seal && words.length === 1 && words[0] === "--manifest") {
      stdout.write(manifestOf(seal, toolVersion));
      return 0;
    }
    const request = parseCommandLine(words);
    if (request.kind === "run") return await run(request);
    stdout.write(textOf(request));
    return 0;
  } catch (cause) {
    const error = permissionFailure(cause) ?? cause;
    if (error instanceof Failure) {
      reporter.failure(error);
      return error.exitStatus;
    }
    reporter.bug(error);
    return BUG;
  } finally {
    reporter.close();
  }
}

function textOf(request: Exclude<Request, { kind: "run" }>): string {
  if (request.kind === "text") {
    const columns = (stdout.isTTY && stdout.columns) || HELP_WIDTH;
    return request.prose ? narrowed(request.text, HELP_WIDTH, columns) : request.text;
  }
  if (request.kind === "version") {
    const told = { version: toolVersion, commit: toolCommit, runtime: runtimeVersion(), target: toolTarget };
    // A project file has no say in it: what is installed is the same everywhere.
    const { values } = resolveSettings({ flags: typed, environment: process.env });
    return versionText(told, values.format);
  }
  const { completion, current } = request;
  const directory = () => settingsOf(completion.options).values.directory;
  return completionLines(completion, current, fileSystem, directory)
    .map((line) => `${line}\n`)
    .join("");
}

/** The settings that what was typed, the environment and the files make. */
function settingsOf(typed: ReadonlyMap<string, string>): ResolvedSettings {
  const flags = seal ? sealedFlags(seal, typed) : typed;
  try {
    requireVariables();
    forgetVariablesOfBun();
    const settings = readSettings({ flags, environment: process.env }, { searching: true });
    return seal ? sealedSettings(seal, settings) : settings;
  } catch (error) {
    const failure = permissionFailure(error);
    if (!failure) throw error;
    return { ...resolveSettings({ flags, environment: {} }), faults: [failure] };
  }
}

/** Says which project file counts where nobody would look for one, and which does not. */
function tellProjectFile(resolved: ResolvedSettings): void {
  for (const finding of resolved.warnings) reporter.event({ type: "warning", finding });
  const { isProjectFileAbove, projectFile: path = "" } = resolved;
  if (isProjectFileAbove && !isQuietByUser(resolved)) reporter.event({ type: "project-file-found", path });
}

/** A project file cannot silence what is said of it. */
function isQuietByUser({ values, origins }: ResolvedSettings): boolean {
  return values.quiet && origins.quiet.source !== "project-file";
}

async function run({ command, invocation, settings: flags }: Request & { kind: "run" }): Promise<number> {
  if (seal) refuseUnsealed(command, flags);
  const resolved = settingsOf(flags);
  tellProjectFile(resolved);
  const wrong = failureOf(resolved.faults);
  if (wrong && !command.toleratesFaults) throw wrong;
  const settings = resolved.values;
  requireFormat(settings.format, command);
  const confines = effectOf(command, invocation.options) === "looks" ? new ProjectConfines(resolved) : undefined;
  const unlogged = confines?.logWarning();
  if (unlogged) reporter.event({ type: "warning", finding: unlogged });
  reporter = openReporter({ ...settings, ...(unlogged && { logFile: undefined }) }, surroundings);
  const interruption = listenForInterruption((status) => process.exit(status));
  const { signal } = interruption;
  let database: Database | undefined;
  const context: Context = {
    settings,
    fileSystem: withDirectoryFacts(confines?.fileSystem(fileSystem) ?? fileSystem, resolved),
    clock: systemClock,
    emit: (event) => {
      if (event.type !== "program-named" || !isQuietByUser(resolved)) reporter.event(event);
    },
    signal,
    toolVersion,
    ...(!confines && { programs: hookPrograms, hooksNamedIn: placeInProjectFile(resolved.origins.hooks) }),
  };
  const namedDatabase = async (patience?: GivenPatience) =>
    (database ??= await openNamed(resolved, context, patience ?? patienceOf(settings.waitMs), confines));
  const environment: Environment = {
    context,
    settings: resolved,
    explainDatabase: async () =>
      (await import("./adapters/resolve-target.ts")).explainTarget(databaseSources(resolved)),
    namedDatabase: () => namedDatabase(),
    async databaseContext(patience) {
      const named = await namedDatabase(patience);
      if (!named) throw noDatabaseNamed(unreadEnvFile(resolved));
      const pin = command.name === "status" ? undefined : seal?.pin;
      return { ...context, database: named, ...(pin && { settings: { ...settings, pin } }) };
    },
    async replayed(work) {
      const shadow = await openShadow(resolved, context.emit, confines);
      return await replay({ ...context, database: shadow }, work).finally(() => shadow.close());
    },
    async inShadow(work) {
      const shadow = await openShadow(resolved, context.emit, confines);
      return await inShadow({ ...context, database: shadow }, work).finally(() => shadow.close());
    },
    probe: () => openProbe(resolved),
    backupMeans: async () => {
      const tools = confines
        ? { store: backupStore, dumpProgram: async () => undefined }
        : backupTools(resolved, context.emit);
      const rehearse = (path: string) => environment.inShadow((shadow) => rehearseRestore(shadow, tools, path));
      return { tools, policy: settings, rehearse };
    },
    consent: (given) =>
      new TerminalConsent(
        { input: process.stdin, output: process.stderr, signal },
        {
          ...given,
          environment: settings.environment,
          database: () => database?.description ?? "",
          mayAsk: presentation.format !== "json",
          seeChanges: (paths) => gitCommands(paths, repositoryOf),
        },
      ),
    programFile: confines?.programFile(programFile) ?? programFile,
    report: (report) => reporter.report(seal?.pin ? withPin(report, seal.pin) : report),
  };
  try {
    const status = await command.run(invocation, environment).finally(() => database?.close());
    return status === 0 && invocation.program.length > 0 ? await start(invocation.program, interruption) : status;
  } finally {
    interruption.release();
  }
}

/** Leaves the output to a program, once ours is out. */
async function start(program: readonly string[], former: Interruption): Promise<number> {
  reporter.close();
  await stderr.lost();
  const status = await reported(0);
  return status === 0 ? runProgram(program, former) : status;
}

/** The database that is named, if one is. Its drivers are loaded only here, so that other commands start quickly. */
async function openNamed(
  resolved: ResolvedSettings,
  context: Context,
  patience: GivenPatience | undefined,
  confines: ProjectConfines | undefined,
): Promise<Database | undefined> {
  const { resolveTarget } = await import("./adapters/resolve-target.ts");
  const target = resolveTarget(databaseSources(resolved));
  if (!target) return undefined;
  confines?.requireHarmless("url", target);
  const { openDatabase } = await import("./adapters/open-database.ts");
  const { askPassword } = await import("./adapters/terminal-password.ts");
  const mayAsk = presentation.format === "human" && !process.env.CI;
  const database = openDatabase(target, {
    emit: context.emit,
    askPassword: (user, signal) => askPassword({ input: process.stdin, output: process.stderr, mayAsk }, user, signal),
  });
  if (!patience) return withoutSecrets(database, resolved.values.placeholders);
  const standbyWillDo =
    target.kind === "server" && ["read-only", "standby", "prefer-standby"].includes(target.serverRole);
  const waited = waitingDatabase(database, context, { ...patience, standbyWillDo });
  return withoutSecrets(waited, resolved.values.placeholders);
}

/** A database to rehearse in: the one that is named for it, or one in memory. */
async function openShadow(
  resolved: ResolvedSettings,
  emit: EventListener,
  confines: ProjectConfines | undefined,
): Promise<Database> {
  const { resolveTarget } = await import("./adapters/resolve-target.ts");
  const target = resolveTarget(shadowSources(resolved));
  if (!target) throw noDatabaseNamed();
  confines?.requireHarmless("shadowUrl", target);
  const { openDatabase } = await import("./adapters/open-database.ts");
  return withoutSecrets(openDatabase(target, { emit }), resolved.values.placeholders);
}

async function openProbe(resolved: ResolvedSettings): Promise<Probe | undefined> {
  const { resolveTarget } = await import("./adapters/resolve-target.ts");
  const target = resolveTarget(databaseSources(resolved));
  if (target?.kind !== "server") return undefined;
  const { serverProbe } = await import("./adapters/probe.ts");
  return serverProbe(target);
}
