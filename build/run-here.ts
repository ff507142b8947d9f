import { spawn } from "node:child_process";
import { ensureBuilt } from "./ensure-built.ts";
import { ROOT } from "./runtimes.ts";

const NAMES_A_DATABASE = ["DATABASE_URL", "PGSTEP_URL", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];
const EMBEDDED = "pglite:.pgstep/database";

/**
 * Runs the program of this checkout and exits as it does. Without a database in the environment or the arguments it
 * uses an embedded one, which git ignores.
 */
export async function runHere(words: readonly string[]): Promise<void> {
  const program = await ensureBuilt();
  const named =
    NAMES_A_DATABASE.some((name) => process.env[name]) ||
    words.some((word) => word === "--url" || word.startsWith("--url="));
  if (!named) console.error(`Using the embedded database ${EMBEDDED}; set DATABASE_URL to use a server.`);
  // As a flag, so that commands in hints repeat it.
  const url = named ? [] : ["--url", EMBEDDED];
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  const child = spawn(process.execPath, [program, ...words.slice(0, end), ...url, ...words.slice(end)], {
    cwd: ROOT,
    env: process.env,
    stdio: "inherit",
  });
  // Ctrl-C at the terminal reaches the program directly: wait until it has rolled back and reported that.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.once("exit", (status, signal) => {
    process.exitCode = status ?? (signal === "SIGINT" ? 130 : 143);
  });
}
