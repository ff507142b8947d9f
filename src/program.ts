import { disk } from "./adapters/files/disk.ts";
import { sealedFiles } from "./adapters/files/sealed-files.ts";
import { versionText } from "./adapters/json-report/lines.ts";
import { endQuietly, type LosableStream, type TextStream } from "./adapters/output/output.ts";
import { type Interruption, listenForInterruption } from "./adapters/process/interruption.ts";
import { ownSeal } from "./adapters/process/sealed-program.ts";
import { runtimeVersion, toolCommit, toolTarget, toolVersion } from "./adapters/process/tool-version.ts";
import { forgetVariablesOfBun } from "./adapters/process/variables-of-bun.ts";
import { requireVariables } from "./adapters/process/variables-of-deno.ts";
import { runProgram } from "./adapters/programs/child-process.ts";
import { openReporter } from "./adapters/reporters/open-reporter.ts";
import { ProjectConfines } from "./adapters/setting-files/project-confines.ts";
import { readSettings } from "./adapters/setting-files/read-settings.ts";
import { commandEnvironment } from "./command-environment.ts";
import { parseCommandLine, type Request, typedOptions } from "./command-line.ts";
import { type PgstepCommand, VOCABULARY } from "./commands/index.ts";
import { manifestOf } from "./core/bundle/seal.ts";
import { refuseUnsealed, sealedFlags, sealedSettings } from "./core/bundle/sealed-program.ts";
import { effectOf } from "./core/command-line/command.ts";
import { type Presentation, requireFormat } from "./core/command-line/output-format.ts";
import { requireWritable } from "./core/configuration/read-only-mode.ts";
import { failureOf, type ResolvedSettings, resolveSettings } from "./core/configuration/resolve-settings.ts";
import { permissionFailure } from "./core/failure/deno-permission.ts";
import { Failure } from "./core/failure/failure.ts";
import { HELP_WIDTH } from "./core/help/help-text.ts";
import { HintCommands, type ProgramWords } from "./core/hints/hint-commands.ts";
import { narrowed } from "./core/text/narrow.ts";
import { completionLines } from "./engine/verbs/complete.ts";
import type { Reporter } from "./ports/reporter.ts";

/** The exit status for a bug in pgstep. */
export const BUG = 1;

/** The process around one run of the program. */
export interface Surroundings {
  /** The words after the program's name. */
  readonly words: readonly string[];
  readonly variables: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** How the program was started, for hints. */
  startedWords(commandNames: readonly string[]): ProgramWords;
  /** Ends the process at once with this exit status. */
  endNow(status: number): void;
}

const own = ownSeal();
const seal = own instanceof Failure ? undefined : own;
const files = seal ? sealedFiles(seal, disk) : disk;

/** Runs one command line and returns its exit status. */
export class Program {
  readonly #surroundings: Surroundings;
  readonly #stdout: LosableStream;
  readonly #stderr: LosableStream;
  readonly #parsed: { readonly request: Request } | { readonly problem: unknown };
  readonly #typed: ReadonlyMap<string, string>;
  readonly #settings: ResolvedSettings;
  readonly #commands: HintCommands;
  #reporter: Reporter;
  #mayWrite = false;

  constructor(surroundings: Surroundings) {
    const { words, stdout, stderr, startedWords } = surroundings;
    this.#surroundings = surroundings;
    this.#stdout = endQuietly(stdout);
    this.#stderr = endQuietly(stderr);
    this.#parsed = parsed(words);
    this.#typed = typedOptions(words);
    this.#settings = this.#resolved(this.#typed);
    this.#commands = new HintCommands(VOCABULARY, startedWords, this.#typed);
    // Only a command that runs writes to the log file.
    this.#reporter = this.#openReporter({ ...this.#settings.values, logFile: undefined });
  }

  /** Runs the command line and resolves to the exit status, when all output is written. */
  async run(): Promise<number> {
    const status = await this.#reported(await this.#answer());
    await this.#stderr.lost();
    return status;
  }

  /** True if a command ran that may write something. */
  get mayWrite(): boolean {
    return this.#mayWrite;
  }

  /** Reports an error that no caller waits for. */
  bug(error: unknown): void {
    this.#reporter.bug(error);
  }

  /** The exit status of a command whose output may have been lost. */
  async #reported(status: number): Promise<number> {
    const reason = await this.#stdout.lost();
    if (status !== 0 || reason === undefined) return status;
    const failure = new Failure("output-lost", `Cannot write the output: ${reason}`, {
      hint: "The command's work is done. Make room for the output, then check with pgstep status.",
    });
    this.#reporter.failure(failure);
    return failure.exitStatus;
  }

  async #answer(): Promise<number> {
    try {
      if (own instanceof Failure) throw own;
      const { words } = this.#surroundings;
      if (seal && words.length === 1 && words[0] === "--manifest") {
        this.#stdout.write(manifestOf(seal, toolVersion));
        return 0;
      }
      if ("problem" in this.#parsed) throw this.#parsed.problem;
      const { request } = this.#parsed;
      if (request.kind === "run") return await this.#runCommand(request);
      this.#stdout.write(this.#textOf(request));
      return 0;
    } catch (cause) {
      const error = permissionFailure(cause) ?? cause;
      if (error instanceof Failure) {
        this.#reporter.failure(error);
        return error.exitStatus;
      }
      this.#reporter.bug(error);
      return BUG;
    } finally {
      this.#reporter.close();
    }
  }

  #textOf(request: Exclude<Request, { kind: "run" }>): string {
    if (request.kind === "text") {
      const columns = (this.#stdout.isTTY && this.#stdout.columns) || HELP_WIDTH;
      return request.prose ? narrowed(request.text, HELP_WIDTH, columns) : request.text;
    }
    if (request.kind === "version") {
      const build = { version: toolVersion, commit: toolCommit, runtime: runtimeVersion(), target: toolTarget };
      // A project file does not apply here: the installed version is the same everywhere.
      const { values } = resolveSettings({ flags: this.#typed, environment: this.#surroundings.variables });
      return versionText(build, values.format);
    }
    const { completion, current } = request;
    const directory = () => this.#resolved(completion.options).values.directory;
    return completionLines(completion, current, files, directory)
      .map((line) => `${line}\n`)
      .join("");
  }

  /** The settings from the command line, the environment and the files. */
  #resolved(typed: ReadonlyMap<string, string>): ResolvedSettings {
    const flags = seal ? sealedFlags(seal, typed) : typed;
    try {
      requireVariables();
      forgetVariablesOfBun();
      const environment = this.#surroundings.variables;
      const settings = readSettings({ flags, environment }, { searching: true });
      return seal ? sealedSettings(seal, settings) : settings;
    } catch (error) {
      const failure = permissionFailure(error);
      if (!failure) throw error;
      return { ...resolveSettings({ flags, environment: {} }), problems: [failure] };
    }
  }

  #openReporter(presentation: Presentation): Reporter {
    return openReporter(presentation, {
      stdout: this.#stdout,
      stderr: this.#stderr,
      variables: this.#surroundings.variables,
      toolVersion,
      commands: this.#commands,
    });
  }

  /** Reports a project file in an unexpected place, and warnings about the settings. */
  #reportSettingWarnings({ reportsSettingWarnings }: PgstepCommand): void {
    const { warnings, isProjectFileAbove, projectFile: path = "" } = this.#settings;
    if (!reportsSettingWarnings) for (const finding of warnings) this.#reporter.event({ type: "warning", finding });
    if (isProjectFileAbove && !this.#isQuietByUser) this.#reporter.event({ type: "project-file-found", path });
  }

  /** A project file cannot suppress messages about itself. */
  get #isQuietByUser(): boolean {
    const { values, origins } = this.#settings;
    return values.quiet && origins.quiet.source !== "project-file";
  }

  async #runCommand({ command, invocation, settings: flags }: Request & { kind: "run" }): Promise<number> {
    if (seal) refuseUnsealed(command, flags);
    const resolved = this.#settings;
    this.#reportSettingWarnings(command);
    const wrong = failureOf(resolved.problems);
    if (wrong && !command.toleratesErrors) throw wrong;
    requireFormat(resolved.values.format, command);
    const effect = effectOf(command, invocation.options);
    if (effect === "changes") requireWritable(command, resolved);
    this.#mayWrite = effect === "changes";
    const confines = effect === "reads" ? new ProjectConfines(resolved) : undefined;
    const unlogged = confines?.logWarning();
    if (unlogged) this.#reporter.event({ type: "warning", finding: unlogged });
    this.#reporter = this.#openReporter({ ...resolved.values, ...(unlogged && { logFile: undefined }) });
    const interruption = listenForInterruption(this.#surroundings.endNow);
    const surroundings = this.#surroundings;
    const { variables, stderr } = surroundings;
    const environment = commandEnvironment({
      command,
      settings: resolved,
      reporter: this.#reporter,
      fileSystem: files,
      pin: seal?.pin,
      confines,
      isQuiet: this.#isQuietByUser,
      signal: interruption.signal,
      print: (text) => void this.#stdout.write(text),
      get stdin() {
        return surroundings.stdin;
      },
      stderr,
      mayAskPassword: resolved.values.format === "human" && !variables.CI,
    });
    try {
      const status = await command.run(invocation, environment).finally(() => environment.close());
      return status === 0 && invocation.program.length > 0
        ? await this.#start(invocation.program, interruption)
        : status;
    } finally {
      interruption.release();
    }
  }

  /** Hands the output over to a program, after pgstep's own output is written. */
  async #start(program: readonly string[], former: Interruption): Promise<number> {
    this.#reporter.close();
    await this.#stderr.lost();
    const status = await this.#reported(0);
    return status === 0 ? runProgram(program, former) : status;
  }
}

function parsed(words: readonly string[]): { readonly request: Request } | { readonly problem: unknown } {
  try {
    return { request: parseCommandLine(words) };
  } catch (problem) {
    return { problem };
  }
}
