import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Measured {
  /** Wall-clock time of the whole process, in milliseconds. */
  readonly wallMs: number;
  /** User and system time, in milliseconds; only for node. */
  readonly cpuMs: number;
  /** Peak resident memory, in MB; for other programs than node as it was seen shortly before the end, on Linux only. */
  readonly peakMb: number;
}

/** A command that takes longer is considered hung. */
const LONGEST_MS = 20 * 60_000;

/** Runs a command to its end. @throws Error with its output when it fails */
export async function measure(
  command: string,
  args: readonly string[],
  options: { directory: string; environment?: Record<string, string> },
): Promise<Measured> {
  const usage = join(options.directory, `usage-${process.hrtime.bigint()}.json`);
  const output = join(options.directory, "output.txt");
  const file = openSync(output, "w");
  const started = performance.now();
  const child = spawn(command, args, {
    stdio: ["ignore", file, file],
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
    env: {
      PATH: process.env.PATH,
      ...options.environment,
      BENCH_USAGE: usage,
      ...(command === process.execPath && { NODE_OPTIONS: `--import=${REPORT_USAGE}` }),
    },
  });
  let peakKb = Number.NaN;
  const watch = setInterval(() => {
    peakKb = peakKbOf(child.pid) ?? peakKb;
  }, WATCH_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
  const wallMs = performance.now() - started;
  clearInterval(watch);
  closeSync(file);
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")}: exit ${status}\n${readFileSync(output, "utf8").slice(-2000)}`);
  if (command !== process.execPath) return { wallMs, cpuMs: Number.NaN, peakMb: peakKb / 1024 };
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(usage, "utf8"));
  rmSync(usage);
  return { wallMs, cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 };
}

const WATCH_MS = 50;

function peakKbOf(pid: number | undefined): number | undefined {
  try {
    const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return peak === undefined ? undefined : Number(peak);
  } catch {
    return undefined;
  }
}

/** Loaded into node before the tool; writes the process's resource usage at exit. */
const REPORT_USAGE = pathToFileURL(join(import.meta.dirname, "report-usage.mjs")).href;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
