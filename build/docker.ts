import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildBinary } from "./binaries.ts";
import { executableLicenses } from "./release/components.ts";
import { ROOT } from "./runtimes.ts";
import { targetsNamed } from "./targets.ts";

/*
 * `npm run docker [-- COMMAND...]`: builds the image `pgstep` and lets it apply the migrations of this checkout to the
 * database that the environment names, on the host's network. After success it starts COMMAND, for example `npm run
 * docker -- docker compose up`. Exits with the status of the step that failed, or of COMMAND.
 */

/** EX_UNAVAILABLE of sysexits.h: no Docker engine. */
const NO_ENGINE = 69;
const IMAGE = "pgstep";

/** Collects the files that the Dockerfile copies, and returns their directory. */
export async function dockerContext(): Promise<string> {
  const processor = process.arch === "arm64" ? "arm64" : "x64";
  const [target] = targetsNamed([`linux-${processor}`]);
  const executable = await buildBinary(target);
  const context = join(ROOT, "dist", "docker");
  mkdirSync(context, { recursive: true });
  copyFileSync(executable, join(context, "pgstep"));
  copyFileSync(join(ROOT, "LICENSE"), join(context, "LICENSE"));
  const licenses = executableLicenses(readFileSync(join(ROOT, "dist", "licenses.txt"), "utf8"));
  writeFileSync(join(context, "licenses.txt"), licenses);
  return context;
}

/** The variables that pgstep reads, by name only, so that their values do not show in the list of processes. */
function variables(): string[] {
  return Object.keys(process.env)
    .filter((name) => name === "DATABASE_URL" || /^(PGSTEP_|PG[A-Z]+$)/.test(name))
    .sort()
    .flatMap((name) => ["--env", name]);
}

/** Runs a command and returns its exit status. */
function attempt(command: string, words: readonly string[]): number {
  const { status, error } = spawnSync(command, words, { stdio: "inherit" });
  if (error) console.error(`Cannot run ${command}: ${error.message}`);
  return status ?? 1;
}

async function main(): Promise<number> {
  const engine = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"], { encoding: "utf8" });
  if (engine.status !== 0) {
    const reason = engine.error ? "there is no docker command" : engine.stderr.trim();
    console.error(`Cannot build the image: no Docker engine answers (${reason}).`);
    console.error("Start one, or apply the migrations without it: npm run migrate");
    return NO_ENGINE;
  }
  const built = attempt("docker", [
    "build",
    "--file",
    join("build", "Dockerfile"),
    "--tag",
    IMAGE,
    await dockerContext(),
  ]);
  if (built !== 0) return built;
  const migrations = `${join(ROOT, "database", "migrations")}:/app/database/migrations:ro`;
  const migrated = attempt("docker", [
    ...["run", "--rm", "--network", "host", "--volume", migrations, ...variables()],
    ...[IMAGE, "up"],
  ]);
  const [command, ...words] = process.argv.slice(2);
  return migrated !== 0 || command === undefined ? migrated : attempt(command, words);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.chdir(ROOT);
  process.exitCode = await main();
}
