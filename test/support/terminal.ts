import { spawn, spawnSync } from "node:child_process";

/** A reason to skip tests that need a terminal; false where one can be made. */
export const noTerminal =
  (process.platform !== "linux" || spawnSync("script", ["--version"]).status !== 0) &&
  "script(1), which makes a terminal, is not installed";

export interface TerminalUse {
  readonly directory: string;
  /** What the program asks, before which nothing is typed. */
  readonly question: string;
  readonly typed: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Shell commands that run on the same terminal afterwards. */
  readonly afterwards?: string;
}

export interface Seen {
  /** With single spaces, since messages are broken into lines that fit. */
  readonly seen: string;
  readonly status: number | null;
  readonly isAnswered: boolean;
}

/** Runs a command on a pseudo terminal, as somebody who types when it asks. */
export async function onTerminal(command: readonly string[], use: TerminalUse): Promise<Seen> {
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const whole = use.afterwards ? `trap : INT; ${line}; status=$?; ${use.afterwards}; exit $status` : line;
  const child = spawn("script", ["--quiet", "--return", "--command", whole, "/dev/null"], {
    cwd: use.directory,
    env: { PATH: process.env.PATH, HOME: use.directory, TERM: "xterm", LANG: "C.UTF-8", ...use.environment },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  let seen = "";
  let isAnswered = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
    if (isAnswered || !seen.replace(/\s+/g, " ").includes(use.question)) return;
    isAnswered = true;
    child.stdin.write(use.typed);
  });
  child.stdin.on("error", () => {});
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { seen: seen.replace(/\s+/g, " "), status, isAnswered };
}
