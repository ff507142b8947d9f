import process from "node:process";
import { disk } from "./adapters/disk.ts";
import { HumanReporter } from "./adapters/human-reporter.ts";
import { listenForInterruption } from "./adapters/interruption.ts";
import { JsonReporter } from "./adapters/json-reporter.ts";
import { endQuietly } from "./adapters/reporter-output.ts";
import { systemClock } from "./adapters/system-clock.ts";
import { TerminalConsent } from "./adapters/terminal-consent.ts";
import { toolVersion } from "./adapters/tool-version.ts";
import { parseCommandLine, presentationOf, type Request } from "./command-line.ts";
import { Failure } from "./core/error.ts";
import { durationOption } from "./core/option-values.ts";
import { mergeSettings, noDatabaseNamed } from "./core/setting-sources.ts";
import type { Environment } from "./engine/environment.ts";
import type { Database } from "./ports/session.ts";

/** The exit status of a fault of pgstep's own. */
const BUG = 1;

const words = process.argv.slice(2);
const presentation = presentationOf(words);
const stdout = endQuietly(process.stdout);
const stderr = endQuietly(process.stderr);
const reporter = presentation.json
  ? new JsonReporter(stdout, stderr, presentation)
  : new HumanReporter(stdout, stderr, { ...presentation, variables: process.env });

// Thrown where no caller waits, so nothing can be ended in order any more; the server rolls back what is open.
process.on("uncaughtException", (error) => {
  reporter.bug(error);
  process.exit(BUG);
});

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
    const request = parseCommandLine(words);
    if (request.kind === "run") return await run(request);
    stdout.write(request.kind === "help" ? request.text : `pgstep ${toolVersion}\n`);
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

/** What Deno throws where it was not given a permission, as a failure. */
function permissionFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || error.name !== "NotCapable") return undefined;
  return new Failure("runtime-unsupported", `Cannot go on: Deno ${error.message.replace(/^R/, "r")}`, {
    hint: "Run it with --allow-net --allow-env --allow-read --allow-write --allow-sys.",
    cause: error,
  });
}

async function run({ command, invocation }: Request & { kind: "run" }): Promise<number> {
  const { options } = invocation;
  const { settings, url } = mergeSettings(
    {
      url: options.get("url"),
      directory: options.get("dir"),
      schema: options.get("schema"),
      table: options.get("table"),
      environment: options.get("env"),
      lockWaitMs: durationOption(invocation, "lock-wait"),
      lockTimeoutMs: durationOption(invocation, "lock-timeout"),
      retryMs: durationOption(invocation, "retry-for"),
    },
    process.env,
  );
  const { signal, release } = listenForInterruption();
  let database: Database | undefined;
  const namedDatabase = async () => (database ??= await openNamed(url));
  const context = {
    settings,
    fileSystem: disk,
    clock: systemClock,
    emit: reporter.event.bind(reporter),
    signal,
    toolVersion,
  };
  const environment: Environment = {
    context,
    namedDatabase,
    async databaseContext() {
      const named = await namedDatabase();
      if (!named) throw noDatabaseNamed();
      return { ...context, database: named };
    },
    consent: (given) =>
      new TerminalConsent(
        { input: process.stdin, output: process.stderr, signal },
        {
          ...given,
          environment: settings.environment,
          database: () => database?.description ?? "",
          mayAsk: !presentation.json,
        },
      ),
    report: (report) => reporter.report(report),
  };
  try {
    return await command.run(invocation, environment);
  } finally {
    release();
    await database?.close();
  }
}

/** The database that is named, if one is. Its drivers are loaded only here, so that other commands start quickly. */
async function openNamed(url: string | undefined): Promise<Database | undefined> {
  const { resolveTarget } = await import("./adapters/resolve-target.ts");
  const target = resolveTarget({ url, environment: process.env });
  if (!target) return undefined;
  const { openDatabase } = await import("./adapters/open-database.ts");
  return openDatabase(target);
}
