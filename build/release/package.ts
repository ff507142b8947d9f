import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { ROOT } from "../runtimes.ts";

const BESIDE = ["README.md", "LICENSE", "CHANGELOG.md"];

/**
 * Collects the npm package in its own directory and packs it, so that no stray files of the checkout get in. Returns
 * the archive's name. Fields for developers are removed from package.json.
 */
export function packPackage(directory: string, built: string, destination: string): string {
  const { scripts, devDependencies, ...manifest } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    files: string[];
    scripts: unknown;
    devDependencies: unknown;
  };
  mkdirSync(directory, { recursive: true });
  for (const path of [...manifest.files, ...BESIDE]) {
    const source = path.startsWith("dist/") ? join(built, relative("dist", path)) : join(ROOT, path);
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    cpSync(source, join(directory, path), { recursive: true });
  }
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  setModes(directory);
  const said = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", destination], {
    cwd: directory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return archiveName(said);
}

/** File modes that depend on somebody's umask must not get into the archive. */
function setModes(directory: string): void {
  for (const path of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (statSync(join(directory, path)).isFile()) chmodSync(join(directory, path), 0o644);
  }
}

/** npm 11 prints a list, later versions an object by package name. */
function archiveName(said: string): string {
  const printed: unknown = JSON.parse(said);
  const [first] = Object.values(printed as Record<string, { filename: string }>);
  if (!first) throw new Error(`npm pack wrote nothing: ${said}`);
  return first.filename.split(sep).at(-1) ?? "";
}
