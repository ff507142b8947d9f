import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findRuntime, type Runtime } from "../runtimes.ts";

/*
 * `node build/release/smoke.ts URL COMMAND...`: in an empty directory, lets that pgstep apply two migrations to the
 * database, show the status, and undo them. A pglite: directory is created there. The words bun and deno mean the ones
 * that npm installed; otherwise it needs nothing from npm. Exits with 1 at the first unexpected result.
 */

const DENO = ["run", "--allow-net", "--allow-env", "--allow-read", "--allow-write", "--allow-sys"];
const TIMEOUT_MS = 120_000;

const [url = "", command = "", ...rest] = process.argv.slice(2);
const place = mkdtempSync(join(tmpdir(), "pgstep-smoke-"));
try {
  const migrations = join(place, "database", "migrations");
  mkdirSync(migrations, { recursive: true });
  writeFileSync(join(migrations, "001_smoke.sql"), "CREATE TABLE pgstep_smoke (id int PRIMARY KEY);\n");
  writeFileSync(join(migrations, "001_smoke.down.sql"), "DROP TABLE pgstep_smoke;\n");
  writeFileSync(join(migrations, "002_index.sql"), "CREATE INDEX CONCURRENTLY smoked ON pgstep_smoke ((id + 1));\n");
  writeFileSync(join(migrations, "002_index.down.sql"), "DROP INDEX smoked;\n");
  // The .env file must not decide which database is migrated.
  writeFileSync(join(place, ".env"), "DATABASE_URL=postgres://nobody@127.0.0.1:1/wrong\n");
  console.log(pgstep("--version", "--json").trim());
  expect("up", pgstep("up", "--json"), '"outcome":"applied"');
  expect("status", pgstep("status", "--exit-code", "--json"), '"pending":0');
  expect("down", pgstep("down", "--all", "--json"), '"outcome":"undone"');
  expect("status after down", pgstep("status", "--json"), '"applied":0');
  console.log(`${[command, ...rest].join(" ")} migrated ${url.startsWith("pglite:") ? url : "a server"}`);
} finally {
  rmSync(place, { recursive: true, force: true });
}

function pgstep(...words: string[]): string {
  const before = [
    ...(command === "deno" ? DENO : []),
    ...rest.map((word) => (/[/\\]/.test(word) ? resolve(word) : word)),
  ];
  const isRuntime = command === "bun" || command === "deno";
  const program = isRuntime ? findRuntime(command as Runtime) : /[/\\]/.test(command) ? resolve(command) : command;
  return execFileSync(program, [...before, ...words], {
    cwd: place,
    encoding: "utf8",
    env: { ...process.env, DATABASE_URL: url },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: TIMEOUT_MS,
  });
}

function expect(what: string, said: string, text: string): void {
  if (!said.includes(text)) throw new Error(`${what} said:\n${said}`);
}
