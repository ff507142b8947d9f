import { spawn } from "node:child_process";
import { ensureBuilt } from "./ensure-built.ts";
import { ROOT } from "./runtimes.ts";

const NAMES_A_DATABASE = ["DATABASE_URL", "PGSTEP_URL", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];
const EMBEDDED = "pglite:.pgstep/database";

/**
 * Runs the program of this checkout, on the database that the environment or a word names or else on an embedded one
 * that git ignores, and ends as it does.
 */
export async function runHere(words: readonly string[]): Promise<void> {
  const program = await ensureBuilt();
  const named =
    NAMES_A_DATABASE.some((name) => process.env[name]) ||
    words.some((word) => word === "--url" || word.startsWith("--url="));
  if (!named) console.error(`Using the embedded database ${EMBEDDED}; set DATABASE_URL to use a server.`);
  // As a flag, so that the commands in hints have it too.
  const url = named ? [] : ["--url", EMBEDDED];
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  const child = spawn(process.execPath, [program, ...words.slice(0, end), ...url, ...words.slice(end)], {
    cwd: ROOT,
    env: process.env,
    stdio: "inherit",
  });
  // Ctrl-C at the terminal reaches the program by itself: wait until it has rolled back and said so.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.once("exit", (status, signal) => {
    process.exitCode = status ?? (signal === "SIGINT" ? 130 : 143);
  });
}
