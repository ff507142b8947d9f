import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../../../build/release/manifest.ts";
import { ROOT } from "../../../build/runtimes.ts";

/** What `npm run release:build` made. */
export const RELEASE = join(ROOT, "dist", "release");

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(RELEASE, "manifest.json"), "utf8")) as Manifest;
}

/** Path of that target's executable, unpacked below the directory by the system's tools. */
export function unpackExecutable(target: string, directory: string): string {
  const file = readManifest().files.find((one) => one.target === target);
  if (!file?.executable) throw new Error(`The release has no executable for ${target}`);
  mkdirSync(directory, { recursive: true });
  const archive = join(RELEASE, file.name);
  if (file.name.endsWith(".zip")) execFileSync("unzip", ["-q", "-o", archive, "-d", directory]);
  else execFileSync("tar", ["-xzf", archive, "-C", directory]);
  return join(directory, file.executable.path);
}
