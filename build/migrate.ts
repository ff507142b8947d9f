import { spawn } from "node:child_process";
import { ensureBuilt } from "./ensure-built.ts";
import { ROOT } from "./runtimes.ts";

/*
 * `npm run migrate`: the program of this checkout, on the database that the environment names or else on an embedded
 * one that git ignores.
 */

const NAMES_A_DATABASE = ["DATABASE_URL", "PGSTEP_URL", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];
const EMBEDDED = "pglite:.pgstep/database";

const typed = process.argv.slice(2);
// npm keeps `npm run migrate up --dry-run` for itself; what was meant as a rehearsal must not become a run.
if (process.env.npm_config_dry_run === "true" && !typed.includes("--dry-run")) typed.push("--dry-run");

const program = await ensureBuilt();
const named =
  NAMES_A_DATABASE.some((name) => process.env[name]) ||
  typed.some((argument) => argument === "--url" || argument.startsWith("--url="));
if (!named) console.error(`Using the embedded database ${EMBEDDED}; set DATABASE_URL to use a server.`);

const child = spawn(process.execPath, [program, ...typed], {
  cwd: ROOT,
  env: named ? process.env : { ...process.env, DATABASE_URL: EMBEDDED },
  stdio: "inherit",
});
// Ctrl-C at the terminal reaches the program by itself: wait until it has rolled back and said so.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("exit", (status, signal) => {
  process.exitCode = status ?? (signal === "SIGINT" ? 130 : 143);
});
