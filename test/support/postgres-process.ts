import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverUser } from "./postgres-binaries.ts";

/** "fast" ends sessions and shuts down cleanly; "immediate" aborts without writing anything. */
export type StopMode = "fast" | "immediate";

export const START_TIMEOUT_MS = 60_000;

/** "standby" is a server that replays for ever, and answers meanwhile. */
const READY: ReadonlySet<string> = new Set(["ready", "standby"]);

export interface Launch {
  readonly binaries: string;
  readonly directory: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Resolves when the server takes connections. */
export async function launchPostmaster({ binaries, directory, settings }: Launch): Promise<ChildProcess> {
  const data = join(directory, "data");
  const log = openSync(join(directory, "log"), "a");
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // A session of its own: Ctrl-C at the terminal is for the tests, which then end the server in their own order.
  const child = spawn(join(binaries, "bin", "postgres"), ["-D", data, ...options], {
    ...serverUser(),
    cwd: data,
    detached: true,
    env: { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", TZ: "UTC" },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (READY.has(postmasterFile(directory)[7]?.trim() ?? "") && postmasterPid(directory) === child.pid) return child;
    await sleep(10);
  }
  child.kill("SIGQUIT");
  const said = readFileSync(join(directory, "log"), "utf8").trimEnd().split("\n").slice(-15).join("\n");
  throw new Error(`PostgreSQL did not start:\n${said}`);
}

/** Lines of postmaster.pid: process id first, status eighth (storage/pidfile.h of PostgreSQL). */
function postmasterFile(directory: string): string[] {
  try {
    return readFileSync(join(directory, "data", "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Of the server whose files are in that directory; NaN when none runs. */
export function postmasterPid(directory: string): number {
  return Number(postmasterFile(directory)[0]);
}

export async function end(child: ChildProcess, mode: StopMode): Promise<void> {
  child.ref();
  child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
  await exited(child);
}

export function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/**
 * A shell that waits for its standard input to end, which happens when we close it and when we are killed, and then
 * ends the server if there is one and removes its directory, and that of its data.
 */
export function watchdog(directory: string): ChildProcess {
  const script = `cat
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid"
    while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rm -rf "$(readlink -f "$1/data")" "$1"`;
  const child = spawn("/bin/sh", ["-c", script, "watchdog", directory], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.unref();
  // The pipe would keep this process alive; it is a socket at run time, which the type does not say.
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return child;
}

/** Below the range that systems give to outgoing connections, so that a restart finds its port free. */
export function randomPort(): number {
  return 10_000 + Math.floor(Math.random() * 22_000);
}
