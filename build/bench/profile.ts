import { findRuntime } from "../runtimes.ts";
import { middleOf, PHASES, phasesOf } from "./phases.ts";
import type { CommandWords } from "./processes.ts";

const ROUNDS = 7;
const RUNTIMES = ["node", "bun", "deno", "executable"] as const;

export interface ProfileBench {
  /** `up --dir migrations`, after the name of a runtime if it is not Node. */
  readonly words: readonly string[];
  readonly directory: string;
  readonly script: string;
  executable(): Promise<string>;
  /** The bench's own server, for a command without --url. */
  startServer(): Promise<{ readonly port: number; readonly database: string }>;
}

/**
 * Prints where the time of a command goes: in the first run, which may apply migrations, and the median of the later
 * runs. A proxy before the server sees the phases.
 */
export async function profile(bench: ProfileBench): Promise<void> {
  const runtime = RUNTIMES.find((one) => one === bench.words[0]);
  const words = runtime ? bench.words.slice(1) : bench.words;
  const { empty, program } = await startedOn(runtime ?? "node", bench);
  const { server, given } = await connected(words, bench);
  const [first, ...later] = await phasesOf({
    ...{ empty, command: [...program, ...given], directory: bench.directory, server, rounds: ROUNDS },
    environment: process.env as Record<string, string>,
  });
  if (!first) return;
  const middle = middleOf(later);
  const columns = (...texts: readonly string[]) => console.log(texts.map((text) => text.padStart(12)).join(""));
  columns("ms", "first run", "later runs");
  for (const phase of PHASES) columns(phase, first[phase].toFixed(1), middle[phase].toFixed(1));
  console.log(
    "\nstart: an empty program; load: until it connects; look: until the first migration begins; send: until",
  );
  console.log("the last answer; end: until the process ends; server: the time of waiting for answers in between.");
}

async function startedOn(
  runtime: (typeof RUNTIMES)[number],
  { script, executable }: ProfileBench,
): Promise<{ readonly empty: CommandWords; readonly program: CommandWords }> {
  if (runtime === "node") return { empty: [process.execPath, "-e", "0"], program: [process.execPath, script] };
  if (runtime === "executable") {
    const file = await executable();
    return { empty: [file, "--version"], program: [file] };
  }
  const file = findRuntime(runtime);
  return runtime === "bun"
    ? { empty: [file, "-e", "0"], program: [file, script] }
    : { empty: [file, "eval", "0"], program: [file, "run", "-A", script] };
}

/** The words with the proxy in the place of the server, and the server. */
async function connected(words: readonly string[], { startServer }: ProfileBench) {
  const at = words.indexOf("--url");
  const url = at === -1 ? undefined : words[at + 1];
  if (url === undefined) {
    const { port, database } = await startServer();
    return { server: { port }, given: [...words, "--url", `postgres://postgres@127.0.0.1:$PORT/${database}`] };
  }
  const parsed = new URL(url);
  const server = { host: parsed.hostname || "127.0.0.1", port: Number(parsed.port || 5432) };
  parsed.hostname = "127.0.0.1";
  parsed.port = "1";
  const proxied = parsed.href.replace("127.0.0.1:1", "127.0.0.1:$PORT");
  return { server, given: words.map((word, index) => (index === at + 1 ? proxied : word)) };
}
