import { closeSync, constants, lstatSync, openSync, writeSync } from "node:fs";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import type { HintCommands } from "../../core/hints/hint-commands.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report } from "../../core/reports/report.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { JsonReporter } from "../json-report/json-reporter.ts";
import type { OutputStream } from "../output/output.ts";
import { TextReporter } from "../text-report/text-reporter.ts";

export interface LogSettings {
  readonly path: string;
  /** JSON lines instead of text. */
  readonly json: boolean;
  /** Printed before the lines of a run, since several runs write to the same file. */
  readonly title: string;
  /** Rewrites the commands in hints to how pgstep was started; by default they are unchanged. */
  readonly commands?: HintCommands | undefined;
  /** Called once, if the log is incomplete. */
  readonly lost: (finding: Finding) => void;
}

/** Appends everything that is reported to a file, each line with its time. */
export class LogReporter implements Reporter {
  readonly #file: LogFile;
  readonly #reporter: Reporter;
  readonly #settings: LogSettings;
  #reported = false;

  /** @throws Failure settings when the file cannot be opened */
  constructor(settings: LogSettings) {
    this.#settings = settings;
    this.#file = new LogFile(settings.path, settings.json ? jsonLine : textLine);
    const file = this.#file;
    if (!settings.json) file.write(`${settings.title}\n`);
    const { commands } = settings;
    const appearance = { quiet: false, verbose: true, color: "never", ascii: false, variables: {}, commands } as const;
    this.#reporter = settings.json
      ? new JsonReporter(file, file, appearance)
      : new TextReporter(file, file, appearance);
  }

  event(event: Event): void {
    this.#reporter.event(event);
  }

  report(report: Report): void {
    this.#reporter.report(report);
    this.#reportLoss();
  }

  failure(failure: Failure): void {
    this.#reporter.failure(failure);
    this.#reportLoss();
  }

  bug(error: unknown): void {
    this.#reporter.bug(error);
    this.#reportLoss();
  }

  close(): void {
    this.#reporter.close();
    this.#file.close();
  }

  /** Called before the other reporters print the result, which comes last. */
  #reportLoss(): void {
    const { problem } = this.#file;
    if (problem === undefined || this.#reported) return;
    this.#reported = true;
    const { path, lost } = this.#settings;
    lost(
      finding("log-lost", {
        message: `the log file ${path} is incomplete: ${problem}`,
        hint: "Free some space, or name another file with --log-file. The run itself was not affected.",
      }),
    );
  }
}

function textLine(line: string, time: string): string {
  return line === "" ? "" : `${time} ${line}\n`;
}

/** The line's object with its time as the first key; the text lines of a bug in pgstep are dropped. */
function jsonLine(line: string, time: string): string {
  return line.startsWith("{") ? `{"time":"${time}",${line.slice(1)}\n` : "";
}

/** Appends to a file. Ignores all writes after the first error: a full disk must not stop a run halfway. */
class LogFile implements OutputStream {
  /** Why the log is incomplete. */
  problem: string | undefined;
  readonly #toLine: (line: string, time: string) => string;
  #descriptor: number | undefined;

  constructor(path: string, toLine: (line: string, time: string) => string) {
    this.#toLine = toLine;
    try {
      this.#descriptor = openAppending(path);
    } catch (cause) {
      const isLink = systemCode(cause) === "ELOOP";
      throw new Failure(
        "settings",
        `Cannot write the log file ${path}: ${isLink ? "it is a link" : systemWords(cause, "directory")}`,
        {
          hint: isLink
            ? "Name the file itself with --log-file. Nothing was done."
            : "Name another file with --log-file, or omit it. Nothing was done.",
          cause,
        },
      );
    }
  }

  /** @param text whole lines */
  write(text: string): void {
    if (this.#descriptor === undefined || this.problem !== undefined) return;
    const time = new Date().toISOString();
    const lines = text.split("\n").map((line) => this.#toLine(line, time));
    const bytes = Buffer.from(lines.join(""));
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    } catch (cause) {
      this.problem = systemWords(cause);
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    try {
      closeSync(this.#descriptor);
    } catch {
      // Nothing more can be written.
    }
    this.#descriptor = undefined;
  }
}

/**
 * Opens a file for appending, and follows no symbolic link: a link that somebody else made, or that came with a
 * checkout, could direct log lines into any file of the user. /dev/stdout and similar links belong to the system.
 */
function openAppending(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY;
  if (/^\/dev\/(stdout|stderr|fd\/\d+)$/.test(path)) return openSync(path, flags);
  // Windows has no O_NOFOLLOW, and Deno follows the link itself when it checks the permission for its target.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw Object.assign(new Error("it is a link"), { code: "ELOOP" });
  }
  return openSync(path, flags | (constants.O_NOFOLLOW ?? 0));
}
