import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./runtimes.ts";

const SOURCES = ["src", "build", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.types.json"];

/**
 * A hash of everything that determines the result of a build. Uses contents, not times, which a checkout, a copy or a
 * wrong clock can change.
 */
export function sourceStamp(): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) addTo(hash, source);
  return hash.digest("hex");
}

function addTo(hash: ReturnType<typeof createHash>, path: string): void {
  let content: Buffer;
  try {
    content = readFileSync(join(ROOT, path));
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT") return;
    if (code !== "EISDIR") throw error;
    for (const name of readdirSync(join(ROOT, path)).sort()) addTo(hash, `${path}/${name}`);
    return;
  }
  hash.update(`${path}\0${content.length}\0`).update(content);
}

/** The stamp of the build in a directory; undefined if there is none. */
export function readStamp(output: string): string | undefined {
  try {
    return readFileSync(join(output, ".stamp"), "utf8");
  } catch {
    return undefined;
  }
}

export function writeStamp(output: string, stamp: string): void {
  const temporary = join(output, `.stamp.${process.pid}`);
  writeFileSync(temporary, stamp);
  renameSync(temporary, join(output, ".stamp"));
}
