import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { refusedPermission } from "../../core/failure/deno-permission.ts";
import { Failure, interruption } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";

/** Signals that a supervisor, or a user with kill, sends to a program. */
const PASSED_ON = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** Signals that a terminal's keys send to the program as well as to pgstep, since both are in the foreground. */
const FROM_KEYS: readonly string[] = ["SIGINT", "SIGQUIT", "SIGBREAK"];

/** The current listener for signals. */
export interface FormerListener {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Runs a program in place of pgstep: on the same standard input and output, and with pgstep's signals passed on.
 * Resolves to its exit status as in a shell: 128 plus the signal's number if a signal ended it.
 * @param words the program and its arguments, without a shell
 * @param former is released once signals are passed on, so that none is lost in between
 * @throws Failure interrupted, terminated, program-not-found, program-not-started, runtime-unsupported
 */
export async function runProgram(words: readonly string[], former: FormerListener): Promise<number> {
  const [name = "", ...args] = words;
  if (former.signal.aborted) {
    throw interruption(former.signal, `Cannot start ${name}`, "The command succeeded; the program was not started.");
  }
  let child: ChildProcess | undefined;
  const ignored = onTerminal() ? FROM_KEYS : [];
  const listeners = signalNames().map((signal) => ({
    signal,
    listener: () => {
      if (child && !ignored.includes(signal)) passOn(child, signal);
    },
  }));
  for (const { signal, listener } of listeners) process.on(signal, listener);
  former.release();
  try {
    child = spawn(name, args, { stdio: "inherit" });
    return await exitStatus(child);
  } catch (error) {
    throw startFailure(name, error);
  } finally {
    for (const { signal, listener } of listeners) process.removeListener(signal, listener);
  }
}

/** On Windows nothing is passed on: a console's keys reach both processes, and other signals do not exist. */
function signalNames(): readonly NodeJS.Signals[] {
  return process.platform === "win32" ? ["SIGINT", "SIGBREAK"] : PASSED_ON;
}

function onTerminal(): boolean {
  return process.platform === "win32" || [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}

/** Not with `child.kill`: on Deno that works only once, and hides the program's exit status. */
function passOn(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(child.pid, signal);
  } catch {
    // The program has just ended, or Deno may signal only its own children.
    child.kill(signal);
  }
}

function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      // Failing to signal a running program also emits an error.
      if (child.pid === undefined) reject(error);
    });
    child.once("exit", (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function startFailure(name: string, error: unknown): Failure {
  const what = `Cannot start ${name}: ${systemWords(error, "program")}`;
  const refused = refusedPermission(error);
  if (refused) {
    const { hint } = refused;
    return new Failure("runtime-unsupported", what, { hint, cause: error });
  }
  if (systemCode(error) === "ENOENT") {
    return new Failure("program-not-found", what, {
      hint:
        process.platform === "win32"
          ? `Check the name and PATH; npm installs scripts, which need a shell: cmd /c ${name}.`
          : "Check the name, PATH, and the first line of a script.",
      cause: error,
    });
  }
  return new Failure("program-not-started", what, {
    hint: "Check that it is a program for this machine and is executable (chmod +x).",
    cause: error,
  });
}
