import { spawn } from "node:child_process";
import { type NetworkProxy, startProxy } from "../../test/support/network-proxy.ts";
import { median } from "./measure.ts";
import { type CommandWords, timeOf } from "./processes.ts";

/** Where the time of one command goes, in milliseconds of wall-clock time, as a proxy before the server sees it. */
export interface Phases {
  /** An empty program on the same runtime. */
  readonly start: number;
  /** From there to the first connection, or to the end without one. */
  readonly load: number;
  /** Until the server is ready for the first query. */
  readonly connect: number;
  /** Until the first transaction begins, or to the last answer. */
  readonly look: number;
  /** From there to the last answer. */
  readonly send: number;
  /** From the last answer to the end of the process. */
  readonly end: number;
  /** The part of connect, look and send in which the client waited for the server. */
  readonly server: number;
}

export const PHASES = ["start", "load", "connect", "look", "send", "end", "server"] as const;

/** The begin of a migration, and of other writes. */
const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const READY_FOR_QUERY = 0x5a;

export interface PhasesBench {
  /** An empty program on the same runtime. */
  readonly empty: CommandWords;
  /** The command; `$PORT` in a word is the port to connect to. */
  readonly command: CommandWords;
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly server: { readonly host?: string; readonly port: number };
  readonly rounds: number;
}

/** The phases of each round. */
export async function phasesOf(bench: PhasesBench): Promise<Phases[]> {
  const proxy = await startProxy(bench.server);
  const all: Phases[] = [];
  try {
    for (let round = 0; round < bench.rounds; round++) {
      const { wallMs: start } = await timeOf(bench.empty, bench.environment);
      all.push(await onePass(proxy, start, bench));
    }
  } finally {
    await proxy.close();
  }
  return all;
}

/** The medians. */
export function middleOf(all: readonly Phases[]): Phases {
  return Object.fromEntries(PHASES.map((phase) => [phase, median(all.map((one) => one[phase]))])) as unknown as Phases;
}

export function phasesLine(phases: Phases): string {
  return PHASES.map((phase) => `${phase === "server" ? "of these server" : phase} ${phases[phase].toFixed(1)}`).join(
    ", ",
  );
}

async function onePass(proxy: NetworkProxy, start: number, { command, directory, environment }: PhasesBench) {
  let [connected, ready, begun, answered, asked, server] = [0, 0, 0, 0, 0, 0];
  const begin = performance.now();
  const now = () => performance.now() - begin;
  proxy.onSent = (part) => {
    connected ||= now();
    // Terminate is not answered.
    if (part[0] !== 0x58) asked ||= now();
    if (ready && part.includes(BEGIN)) begun ||= now();
    return "pass";
  };
  proxy.onReceived = (part) => {
    answered = now();
    if (asked) server += answered - asked;
    asked = 0;
    if (part.at(-6) === READY_FOR_QUERY) ready ||= answered;
    return "pass";
  };
  await ended(command, { directory, port: proxy.port, environment });
  const end = now();
  const loaded = connected || end;
  return {
    ...{ start: Math.min(start, loaded), load: Math.max(0, loaded - start) },
    connect: (ready || answered || loaded) - loaded,
    look: ready ? (begun || answered) - ready : 0,
    send: begun ? answered - begun : 0,
    ...{ end: end - (answered || end), server },
  } satisfies Phases;
}

async function ended(
  [file, ...words]: CommandWords,
  { directory, port, environment }: Pick<PhasesBench, "directory" | "environment"> & { readonly port: number },
): Promise<void> {
  const child = spawn(
    file,
    words.map((word) => word.replaceAll("$PORT", String(port))),
    {
      cwd: directory,
      stdio: ["ignore", "ignore", "inherit"],
      timeout: 600_000,
      env: { PATH: process.env.PATH, ...environment },
    },
  );
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
}
