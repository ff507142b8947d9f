import { chmodSync, existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT } from "../runtimes.ts";
import type { Target } from "../targets.ts";
import { fetchPackage } from "./npm-package.ts";

/** The version of the installed Bun, which is the runtime of every executable. */
export function bunVersion(): string {
  return (readJson("node_modules/bun/package.json") as { version: string }).version;
}

/**
 * Path of Bun's executable for a target, downloaded from npm on first use and kept in dist/runtimes. The package's
 * digest must match package-lock.json or, for a package that Bun itself does not depend on, the registry.
 */
export async function bunRuntime({ bunPackage }: Target): Promise<string> {
  const version = bunVersion();
  const directory = join(ROOT, "dist", "runtimes", `${basename(bunPackage)}-${version}`);
  if (!existsSync(directory)) {
    await fetchPackage(`${bunPackage}@${version}`, directory, lockedIntegrity(bunPackage, version));
  }
  const executable = ["bun", "bun.exe"].map((file) => join(directory, "bin", file)).find(existsSync);
  if (executable === undefined) throw new Error(`${bunPackage} has no executable`);
  chmodSync(executable, 0o755);
  return executable;
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
