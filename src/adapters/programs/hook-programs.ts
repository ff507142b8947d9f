import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { refusedPermission } from "../../core/failure/deno-permission.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { ProgramEnd, Programs } from "../../ports/programs.ts";

/** Programs as children of this process. */
export const hookPrograms: Programs = {
  async run(command, input, onLine, signal) {
    let child: ChildProcess;
    try {
      child = started(command);
    } catch (error) {
      return notStarted(error);
    }
    const stop = () => void child.kill("SIGTERM");
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const output = [child.stdout, child.stderr].map((stream) => stream && lines(stream, onLine));
    // A program may close its input without reading it.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    try {
      const end = await ended(child);
      if (end.kind === "ended") await Promise.all(output);
      return end;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  },
};

function started(command: string | readonly string[]): ChildProcess {
  if (typeof command === "string") return spawn(command, { shell: true, stdio: "pipe" });
  const [name = "", ...args] = command;
  return spawn(name, args, { stdio: "pipe" });
}

function ended(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve(notStarted(error));
    });
    child.once("exit", (status, signal) =>
      resolve({ kind: "ended", status: status ?? 128 + (signal === null ? 0 : constants.signals[signal]) }),
    );
  });
}

function notStarted(error: unknown): ProgramEnd {
  const refused = refusedPermission(error);
  if (refused) return { kind: "not-started", ...refused };
  const reason = systemWords(error, "program");
  return { kind: "not-started", reason, hint: "Check its name and PATH; only a string command runs in a shell." };
}

/** A longer line, in UTF-16 units, is reported in parts, to limit memory. */
const LONGEST_LINE = 1 << 20;

/** Passes the stream's lines to `onLine`; resolves at its end. */
async function lines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let held: string[] = [];
  let length = 0;
  const tellHeld = () => {
    const line = held.join("").replace(/\r$/, "");
    held = [];
    length = 0;
    onLine(line);
  };
  stream.setEncoding("utf8");
  try {
    for await (const part of stream as AsyncIterable<string>) {
      for (const [index, text] of part.split("\n").entries()) {
        if (index > 0) tellHeld();
        held.push(text);
        length += text.length;
        if (length > LONGEST_LINE) tellHeld();
      }
    }
  } catch {
    // The output before the error is still reported.
  }
  if (length > 0) tellHeld();
}
