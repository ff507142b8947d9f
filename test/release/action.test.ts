import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tarGzip } from "../../build/release/archive.ts";
import { digestOf } from "../../build/release/manifest.ts";
import { type FileServer, serveFiles } from "../../build/release/serve.ts";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { type Outcome, run } from "../support/program.ts";

/*
 * The scripts of action.yml, run as a runner does, with a release whose pgstep prints its words.
 */

const [INSTALL = "", COMMAND = "", COMMENT = ""] = [
  ...readFileSync(join(ROOT, "action.yml"), "utf8").matchAll(/\brun: \|\n((?: {8}.*\n)+)/g),
].map(([, script = ""]) => script.replace(/^ {8}/gm, ""));
const ARCHIVE = "pgstep-linux-x64.tar.gz";
const PROGRAM = `#!/bin/sh\nfor word in "$@"; do printf '[%s]' "$word"; done; echo\n[ -z "$GITHUB_STEP_SUMMARY" ] || echo result >> "$GITHUB_STEP_SUMMARY"\n[ "$1" != fail ] || exit 3\n`;

const place = temporaryPlace("action");
const release = join(place, "release");
let server: FileServer;
before(async () => {
  mkdirSync(release);
  const entry = { name: "pgstep-linux-x64/pgstep", content: Buffer.from(PROGRAM), isExecutable: true };
  writeFileSync(join(release, ARCHIVE), await tarGzip([entry], 0));
  server = await serveFiles(release);
});
after(() => {
  server.close();
});

/** As a runner starts a step whose shell is bash. */
function step(script: string, environment: Readonly<Record<string, string>>): Promise<Outcome> {
  const path = join(place, "step.sh");
  writeFileSync(path, script);
  const words = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", path] as const;
  return run([...words], {
    directory: place,
    environment: { GITHUB_ACTION_PATH: ROOT, RUNNER_TEMP: place, ...environment },
  });
}

function install(digest: string): Promise<Outcome> {
  writeFileSync(join(release, "SHA256SUMS"), `${digest}  ${ARCHIVE}\n`);
  for (const name of ["path", "output"]) writeFileSync(join(place, name), "");
  return step(INSTALL, {
    PGSTEP_DOWNLOAD_BASE: server.url,
    PGSTEP_TARGET: "linux-x64",
    PGSTEP_VERSION: "",
    GITHUB_PATH: join(place, "path"),
    GITHUB_OUTPUT: join(place, "output"),
  });
}

describe("the action", () => {
  const directory = join(place, "pgstep-bin");
  const written = (name: string) => readFileSync(join(place, name), "utf8");

  test("installs nothing whose checksum is another", async () => {
    const { status, stderr } = await install("0".repeat(64));
    assert.match(stderr, /nothing was installed/);
    assert.equal(status, 1);
    assert.deepEqual([written("path"), written("output")], ["", ""]);
  });

  test("installs what it has verified, for this step and later ones", async () => {
    const { status, stderr } = await install(digestOf(readFileSync(join(release, ARCHIVE))));
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.deepEqual([written("path"), written("output")], [`${directory}\n`, `path=${directory}\n`]);
  });

  const start = (command: string, words: string, more: Readonly<Record<string, string>> = {}) =>
    step(COMMAND, {
      ...{ INPUT_COMMAND: command, INPUT_ARGUMENTS: words, ...more },
      PATH: `${directory}:${process.env.PATH}`,
    });

  test("gives the command its words as they stand, one a line", async () => {
    const { stdout } = await start("up", '--env\nproduction\n\n--label\na b $(id) `id` "c" *\n');
    assert.equal(stdout, '[up][--env][production][--label][a b $(id) `id` "c" *]\n');
    assert.equal((await start("status", "")).stdout, "[status]\n");
  });

  test("ends as the command does", async () => {
    assert.equal((await start("fail", "")).status, 3);
  });

  test("keeps the summary for the comment too, if one is asked for", async () => {
    const GITHUB_STEP_SUMMARY = join(place, "summary");
    writeFileSync(GITHUB_STEP_SUMMARY, "");
    assert.equal((await start("fail", "", { GITHUB_STEP_SUMMARY, INPUT_COMMENT: "true" })).status, 3);
    assert.deepEqual([written("summary"), written("pgstep-comment.md")], ["result\n", "result\n"]);
    await start("check", "", { GITHUB_STEP_SUMMARY });
    assert.deepEqual([written("summary"), written("pgstep-comment.md")], ["result\nresult\n", ""]);
    const { stderr, status } = await step(COMMENT, { INPUT_COMMENT: "-->" });
    assert.deepEqual([stderr.slice(0, 9), status], ["::warning", 0]);
  });
});
