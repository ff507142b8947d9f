import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { median } from "./measure.ts";

/** The time of one process, from its start to its end, in milliseconds. */
export interface ProcessTime {
  readonly wallMs: number;
  /** User and system time: less disturbed by other processes of the machine. */
  readonly cpuMs: number;
}

export type CommandWords = readonly [file: string, ...words: string[]];

/** Runs a command; bash measures it, because Node does not report the usage of one child. @throws Error if it fails */
export async function timeOf(command: CommandWords, environment: Readonly<Record<string, string>> = {}) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; output=$(mktemp); time "$@" </dev/null >"$output" 2>&1; rm "$output"';
  const { stderr } = await promisify(execFile)("bash", ["-e", "-c", script, "bash", ...command], {
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...environment },
    timeout: 60_000,
  });
  const [wall = 0, user = 0, system = 0] = (stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 } satisfies ProcessTime;
}

/** The medians of commands that are run in turn. The first round reads files from the disk and is not counted. */
export async function timesOf<Name extends string>(
  commands: Readonly<Record<Name, CommandWords>>,
  { rounds, environment }: { readonly rounds: number; readonly environment?: Readonly<Record<string, string>> },
): Promise<Record<Name, ProcessTime>> {
  const all = Object.entries<CommandWords>(commands);
  const measured = all.map(() => [] as ProcessTime[]);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, [, command]] of all.entries()) {
      const one = await timeOf(command, environment);
      if (round > 0) measured[index]?.push(one);
    }
  }
  const middle = (times: readonly ProcessTime[] = []) => ({
    wallMs: median(times.map(({ wallMs }) => wallMs)),
    cpuMs: median(times.map(({ cpuMs }) => cpuMs)),
  });
  return Object.fromEntries(all.map(([name], index) => [name, middle(measured[index])])) as Record<Name, ProcessTime>;
}
