import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { documentationPages } from "../support/documentation.ts";

interface Link {
  /** From the root. */
  readonly path: string;
  readonly anchor: string | undefined;
  readonly text: string;
}

/** What a page links to in the repository; examples are no links. */
function linksOf(path: string, text: string): Link[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      const found = file === "" ? path : join(dirname(path), file);
      return { path: found.replaceAll("\\", "/"), anchor, text: target };
    });
}

/** The anchors of a page's headings as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.*)$/gm)) {
    const plain = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    let name = anchor;
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`;
    anchors.add(name);
  }
  return anchors;
}

const pages = documentationPages();

describe("links", () => {
  for (const { path, text } of pages) {
    test(`${path} has none that leads nowhere`, () => {
      const problems = linksOf(path, text).filter(({ path: target, anchor }) => {
        const place = join(ROOT, target);
        if (relative(ROOT, place).startsWith("..") || !existsSync(place)) return true;
        if (anchor === undefined) return false;
        return statSync(place).isDirectory() || !anchorsOf(readFileSync(place, "utf8")).has(anchor);
      });
      assert.deepEqual(
        problems.map((link) => link.text),
        [],
      );
    });
  }

  test("every page can be reached from docs/README.md", () => {
    const texts = new Map(pages.map(({ path, text }) => [path, text]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const text = texts.get(path);
      if (text === undefined || reached.has(path)) return;
      reached.add(path);
      for (const link of linksOf(path, text)) visit(link.path);
    };
    visit("docs/README.md");
    assert.deepEqual(
      pages.map(({ path }) => path).filter((path) => path !== "README.md" && !reached.has(path)),
      [],
    );
  });
});
