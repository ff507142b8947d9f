import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "../../build/runtimes.ts";

export interface Page {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(resolve(ROOT, path), "utf8") };
}

/** README.md and all of docs/. */
export function documentationPages(): Page[] {
  const names = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const below = names.filter((name) => name.endsWith(".md")).map((name) => `docs/${name.replaceAll("\\", "/")}`);
  return ["README.md", ...below.sort()].map(readPage);
}
