import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { refusedPermission } from "../../core/failure/deno-permission.ts";
import { Failure, interruption } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";

/** What a supervisor, or a person with kill, tells a program. */
const PASSED_ON = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** What a terminal's keys send to the program as well as to us, since both are in its foreground. */
const FROM_KEYS: readonly string[] = ["SIGINT", "SIGQUIT", "SIGBREAK"];

/** Whoever has listened for signals until now. */
export interface FormerListener {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Runs a program in our place, on our standard input and output, with the signals that come for us, and answers its
 * exit status as a shell does: 128 and the signal's number where one ended it.
 * @param words the program and its arguments; no shell reads them
 * @param former is released once the program gets the signals, so that none is lost in between
 * @throws Failure interrupted, terminated, program-not-found, program-not-started, runtime-unsupported
 */
export async function runProgram(words: readonly string[], former: FormerListener): Promise<number> {
  const [name = "", ...args] = words;
  if (former.signal.aborted) {
    throw interruption(former.signal, `Cannot start ${name}`, "What was to be done is done; only the start was not.");
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

/** On Windows there is nothing to pass on: what a console's keys send reaches both, and other signals do not exist. */
function signalNames(): readonly NodeJS.Signals[] {
  return process.platform === "win32" ? ["SIGINT", "SIGBREAK"] : PASSED_ON;
}

function onTerminal(): boolean {
  return process.platform === "win32" || [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}

/** Not by the child's own kill: on Deno that works once, and hides with which status the program ends. */
function passOn(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(child.pid, signal);
  } catch {
    // It has ended just now, or Deno may run this program only and signal none but its own.
    child.kill(signal);
  }
}

function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      // A signal that cannot be delivered is an error as well, of a program that runs.
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
          ? `Check the name and PATH; what npm installs is no program by itself: cmd /c ${name}.`
          : "Check the name, PATH, and the first line of a script.",
      cause: error,
    });
  }
  return new Failure("program-not-started", what, {
    hint: "Check that it is a program for this machine, and may be run: chmod +x.",
    cause: error,
  });
}
