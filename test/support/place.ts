import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

const places: string[] = [];
process.on("exit", () => {
  for (const place of places) rmSync(place, { recursive: true, force: true, maxRetries: 3 });
});

/**
 * A new directory, which is removed when this process ends.
 * @param files by their paths in it
 * @returns its path, without links
 */
export function temporaryPlace(name: string, files: Readonly<Record<string, string>> = {}): string {
  const place = mkdtempSync(join(realpathSync(tmpdir()), `pgstep-${name}-`));
  places.push(place);
  writeFiles(place, files);
  return place;
}

/** Writes files below a directory by their paths, over those that are there; makes the directories. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
