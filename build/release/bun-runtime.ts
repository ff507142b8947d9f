import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../runtimes.ts";
import type { Target } from "../targets.ts";

const run = promisify(execFile);

const TIMEOUT_MS = 10 * 60_000;

/** The version of the installed Bun, which is that of every executable's runtime. */
export function bunVersion(): string {
  return (readJson("node_modules/bun/package.json") as { version: string }).version;
}

/**
 * Path of Bun's executable for that target, fetched from npm on first use and kept in dist/runtimes. The package's
 * digest must be the one that package-lock.json pins or, for a package that Bun itself does not depend on, the
 * registry's.
 */
export async function bunRuntime({ bunPackage }: Target): Promise<string> {
  const version = bunVersion();
  const directory = join(ROOT, "dist", "runtimes", `bun-${version}`);
  const path = join(directory, basename(bunPackage));
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const scratch = mkdtempSync(join(directory, "fetching-"));
  try {
    const name = `${bunPackage}@${version}`;
    const npm = { cwd: scratch, timeout: TIMEOUT_MS };
    await run("npm", ["pack", name, "--ignore-scripts", "--silent"], npm);
    const archive = readdirSync(scratch).find((file) => file.endsWith(".tgz"));
    if (archive === undefined) throw new Error(`npm pack ${name} wrote no archive`);
    const expected =
      lockedIntegrity(bunPackage, version) ?? (await run("npm", ["view", name, "dist.integrity"], npm)).stdout.trim();
    const found = `sha512-${createHash("sha512")
      .update(readFileSync(join(scratch, archive)))
      .digest("base64")}`;
    if (found !== expected) throw new Error(`${name} has the digest ${found}, and ${expected} is expected`);
    await run("tar", ["-xzf", archive], npm);
    const executable = ["bun", "bun.exe"].map((file) => join(scratch, "package", "bin", file)).find(existsSync);
    if (executable === undefined) throw new Error(`${name} has no executable`);
    chmodSync(executable, 0o755);
    renameSync(executable, path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return path;
}

function lockedIntegrity(name: string, version: string): string | undefined {
  const { packages } = readJson("package-lock.json") as {
    packages: Record<string, { version?: string; integrity?: string } | undefined>;
  };
  const locked = packages[`node_modules/${name}`];
  return locked?.version === version ? locked.integrity : undefined;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
