import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, test } from "node:test";
import { git } from "../../../src/adapters/programs/git.ts";
import { BlobChecksums } from "../../../src/adapters/programs/git-blobs.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import { checksumOf } from "../../../src/core/text/source.ts";
import { temporaryPlace, writeFiles } from "../../support/place.ts";
import { makeRepository, type Repository } from "../../support/repository.ts";

/** The paths of the files at the commit before the last. */
async function filesOf({ directory }: Repository): Promise<string[]> {
  const found = await git.filesAtBase(directory, "HEAD~1");
  assert.ok("checksums" in found, JSON.stringify(found));
  return [...found.checksums.keys()];
}

/** Two commits, of which the second changes b.sql. */
function changed(): Repository {
  const repository = makeRepository();
  repository.commit({ "a.sql": "SELECT 1;\n", "b.sql": "SELECT 2;\n", "c.txt": "text\n" });
  repository.commit({ "b.sql": "SELECT 3;\n" });
  return repository;
}

describe("a repository whose configuration names programs", () => {
  const trap = join(temporaryPlace("trap"), "sprung");
  const touch = `/bin/touch ${trap}; false`;

  test("starts none of them", async () => {
    const repository = changed();
    repository.write({
      ".gitattributes": "*.sql diff=evil filter=evil merge=evil working-tree-encoding=UTF-16\n",
      ".git/hooks/post-index-change": `#!/bin/sh\n${touch}\n`,
    });
    const settings = {
      "core.fsmonitor": touch,
      "core.hooksPath": ".git/hooks",
      "core.pager": touch,
      "core.editor": touch,
      "core.askPass": touch,
      "core.sshCommand": touch,
      "core.gitProxy": touch,
      "core.alternateRefsCommand": touch,
      "core.attributesFile": ".gitattributes",
      "credential.helper": `!${touch}`,
      "diff.external": touch,
      "diff.evil.textconv": touch,
      "diff.evil.command": touch,
      "filter.evil.smudge": touch,
      "filter.evil.clean": touch,
      "filter.evil.process": touch,
      "filter.evil.required": "true",
      "merge.evil.driver": touch,
      "gpg.program": touch,
      "log.showSignature": "true",
      "alias.ls-tree": `!${touch}`,
      "alias.cat-file": `!${touch}`,
      "pager.ls-tree": touch,
      "pager.cat-file": touch,
      "pager.rev-parse": touch,
    };
    for (const [name, value] of Object.entries(settings)) repository.git("config", name, value);
    assert.deepEqual(await filesOf(repository), ["a.sql", "b.sql"]);
    assert.equal(existsSync(trap), false);
  });

  const REMOTES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "ssh command": { "remote.origin.url": "ssh://host.invalid/x", "core.sshCommand": touch },
    "remote helper": { "remote.origin.url": `ext::/bin/touch ${trap}`, "protocol.ext.allow": "always" },
    "upload program": { "remote.origin.url": "/tmp", "remote.origin.uploadpack": touch },
  };
  for (const [name, settings] of Object.entries(REMOTES)) {
    test(`fetches no missing object by its ${name}`, async () => {
      const repository = changed();
      const blob = repository.git("rev-parse", "HEAD~1:b.sql").trim();
      rmSync(join(repository.directory, ".git", "objects", blob.slice(0, 2), blob.slice(2)));
      const partial = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "protocol.allow": "always",
      };
      for (const [key, value] of Object.entries({ ...partial, ...settings })) repository.git("config", key, value);
      assert.deepEqual(await filesOf(repository), ["a.sql"]);
      assert.equal(existsSync(trap), false);
    });
  }
});

describe("git itself", () => {
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
    delete process.env.GIT_TEST_ASSUME_DIFFERENT_OWNER;
    process.chdir(import.meta.dirname);
  });

  async function refused(repository: Repository, code: Failure["code"]): Promise<string> {
    try {
      await git.filesAtBase(repository.directory, undefined);
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.code, code);
      return `${error.message}; ${error.hint}`;
    }
    return assert.fail("nothing was refused");
  }

  test("is found on PATH only, and in no relative directory there", async () => {
    const repository = changed();
    writeFiles(repository.directory, { git: "#!/bin/sh\n" });
    process.chdir(repository.directory);
    process.env.PATH = `.:${temporaryPlace("empty")}::`;
    assert.equal(
      await refused(repository, "runtime-unsupported"),
      "Cannot find the new migrations: git: there is no such program; Install git, or check all migrations: pgstep check --all",
    );
  });

  test("is not started where there is no repository", async () => {
    process.env.PATH = "";
    assert.ok("because" in (await git.filesAtBase(temporaryPlace("no-repository"), "main")));
  });

  test("refuses the repository of another user, and the failure says how to trust it", async () => {
    const repository = changed();
    process.env.GIT_TEST_ASSUME_DIFFERENT_OWNER = "1";
    assert.match(
      await refused(repository, "settings"),
      /^Cannot find the new migrations: git: detected dubious ownership in repository at .*; If you trust .* safe\.directory/,
    );
  });

  test("fails in a damaged repository with its own words", async () => {
    const repository = changed();
    repository.write({ ".git/config": "[core\n" });
    assert.match(await refused(repository, "settings"), /: git: bad config line 1 in file .*; Fix the repository/);
  });
});

test("the objects of git are read however the output is cut", () => {
  const output = Buffer.from("1a blob 3\na\r\n\n2b blob 0\n\n3c missing\n4d blob 7\n\ufeffä\n\n\n5e blob 1\nx\n");
  const expected = [
    ["1a", checksumOf("a\n")],
    ["2b", checksumOf("")],
    ["4d", checksumOf("ä\n\n")],
    ["5e", checksumOf("x")],
  ];
  for (const step of [1, 2, 3, 5, output.length]) {
    const blobs = new BlobChecksums();
    for (let at = 0; at < output.length; at += step) blobs.take(output.subarray(at, at + step));
    assert.deepEqual([...blobs.found], expected, `${step} bytes at once`);
  }
});
