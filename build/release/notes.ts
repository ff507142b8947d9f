import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../runtimes.ts";

/**
 * The changelog's section of a version, without its heading.
 * @throws Error if the section is missing or empty
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## )/m);
  const section = sections.find((text) => text.startsWith(`## [${version}]`));
  const notes = section?.slice(section.indexOf("\n")).trim() ?? "";
  if (notes === "") throw new Error(`CHANGELOG.md has nothing under "## [${version}]"`);
  return `${notes}\n`;
}

/*
 * `node build/release/notes.ts v0.1.0`: prints the notes of the version in package.json; the tag must match it.
 */
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const tag = process.argv[2] ?? "";
  if (tag !== `v${version}`) throw new Error(`The tag ${tag} is not v${version}, the version of package.json`);
  process.stdout.write(releaseNotes(read("CHANGELOG.md"), version));
}
