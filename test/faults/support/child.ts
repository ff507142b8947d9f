import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** One line that pgstep printed with --json. */
export interface Line {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** How a pgstep ended. */
export interface Ended {
  /** The exit status, or the name of the signal that ended it. */
  readonly status: number | string;
  readonly lines: readonly Line[];
  readonly stderr: string;
  readonly durationMs: number;
  /** Everything about it, for the message of a failed assertion. */
  readonly story: string;
}

/** A running pgstep. */
export interface Child {
  /** Resolves when it has printed so many lines, or has ended. */
  printed(count: number): Promise<void>;
  /** Resolves when it has printed a line of that kind, or has ended. */
  printedLine(matches: (line: Line) => boolean): Promise<void>;
  kill(signal: "SIGKILL" | "SIGINT" | "SIGTERM"): void;
  /** @throws when it had to be killed because its time was over */
  readonly ended: Promise<Ended>;
}

export const TIME_LIMIT_MS = 60_000;

/** Everything about a command that has ended. */
export function storyOf(words: readonly string[], { status, lines, stderr, durationMs }: Omit<Ended, "story">): string {
  const first = `pgstep ${words.join(" ")}: ${status} after ${Math.round(durationMs)} ms`;
  return [first, ...lines.map((line) => JSON.stringify(line)), stderr].join("\n");
}

/** Outside the directories under test: runtimes keep their caches there. */
function home(): string {
  const path = join(tmpdir(), `pgstep-home-${process.getuid?.() ?? 0}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** Starts a command that prints JSON lines. */
export function startChild(
  command: readonly [string, ...string[]],
  directory: string,
  timeLimitMs: number = TIME_LIMIT_MS,
): Child {
  const [file, ...args] = command;
  const started = performance.now();
  const child = spawn(file, args, {
    cwd: directory,
    env: { PATH: process.env.PATH ?? "", HOME: home(), TMPDIR: tmpdir(), LANG: "C.UTF-8", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Line[] = [];
  let stderr = "";
  let begun = "";
  let hung = false;
  let over = false;
  const waiting = new Set<() => void>();
  const tell = () => {
    for (const look of waiting) look();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (begun + text).split("\n");
    begun = parts.pop() ?? "";
    for (const part of parts) lines.push(JSON.parse(part) as Line);
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, timeLimitMs);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      over = true;
      tell();
      const status = code ?? signal ?? 1;
      const durationMs = performance.now() - started;
      const told = { status, lines, stderr, durationMs };
      const story = storyOf(args.slice(-5), told);
      if (hung) reject(new Error(`it did not end within ${timeLimitMs} ms: ${story}`));
      else resolve({ ...told, story });
    });
  });
  ended.catch(() => {});
  const when = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!over && !condition()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return {
    printed: (count) => when(() => lines.length >= count),
    printedLine: (matches) => when(() => lines.some(matches)),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
