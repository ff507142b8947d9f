import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { basename, join, relative } from "node:path";
import process from "node:process";
import { afterEach, describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { git } from "../../../src/adapters/programs/git.ts";
import { DEFAULT_SETTINGS } from "../../../src/core/configuration/settings.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import { chooseFiles, type FileChoice, fileChoice } from "../../../src/engine/check/choose-files.ts";
import { readMigrations } from "../../../src/engine/files/read-migrations.ts";
import { readRepeatables } from "../../../src/engine/repeatable/plan.ts";
import { temporaryPlace, writeFiles } from "../../support/place.ts";
import { clone, makeRepository, type Repository, repositoryAt } from "../../support/repository.ts";
import { refusal } from "../support.ts";

const M = "database/migrations";
/** The findings about the merge, as the last choice had them. */
let lastAfterMerge: readonly string[] = [];
const NEW: FileChoice = { kind: "new", base: undefined };

/** The words of the choice, with commits as "<commit>", and the names of the chosen files. */
async function choice(place: string, wanted: FileChoice = NEW): Promise<[words: string, ...names: string[]]> {
  const directory = join(place, M);
  const settings = { ...DEFAULT_SETTINGS, directory };
  const { migrations } = readMigrations({ fileSystem: disk, settings });
  const repeatables = readRepeatables({ fileSystem: disk, settings }).files;
  const chosen = await chooseFiles(wanted, settings, { migrations, repeatables }, git);
  const { words, paths, older, afterMerge = [] } = chosen;
  lastAfterMerge = afterMerge.map(
    ({ rule, message, place }) =>
      `${rule} ${basename(place?.path ?? "")}: ${message.replace(/[0-9a-f]{7}/, "<commit>")}`,
  );
  const names = (of: ReadonlySet<string>) =>
    [...of].map((path) => path.slice(join(place, "database").length + 1).replace("migrations/", ""));
  lastOlder = names(older);
  return [words.replace(/ at [0-9a-f]{7}$/, " at <commit>"), ...names(paths)];
}

/** The names of the files that are not new, as the last choice had them. */
let lastOlder: readonly string[] = [];

/** A repository with three migrations, and a clone of it on a branch. */
function branch(): { origin: Repository; checkout: Repository } {
  const origin = makeRepository();
  origin.commit({
    [`${M}/001_a.sql`]: "SELECT 1;\n",
    [`${M}/001_a.down.sql`]: "SELECT -1;\n",
    [`${M}/003_c.sql`]: "SELECT 3;\n\nSELECT 3;\n",
    "database/repeatable/view.sql": "SELECT 'view';\n",
    "README.md": "read me\n",
  });
  const checkout = clone(origin);
  checkout.git("switch", "--quiet", "--create", "feature");
  return { origin, checkout };
}

async function refused(place: string, wanted: FileChoice = NEW): Promise<string> {
  const { message, hint } = await refusal(choice(place, wanted), "settings");
  return `${message}; ${hint}`;
}

describe("the files to examine", () => {
  test("are those that the merge base lacks or has with another text", async () => {
    const { origin, checkout } = branch();
    checkout.commit({ [`${M}/004_d.sql`]: "SELECT 4;\n", [`${M}/production/005_e.sql`]: "SELECT 5;\n" });
    assert.deepEqual(await choice(checkout.directory), [
      "2 migrations since origin/main at <commit>",
      "004_d.sql",
      "production/005_e.sql",
    ]);
    // Untracked, changed and below the others; what the default branch gets later does not count.
    checkout.write({ [`${M}/002_b.sql`]: "SELECT 2;\n", [`${M}/001_a.down.sql`]: "SELECT -2;\n" });
    checkout.write({ "database/repeatable/view.sql": "SELECT 'other';\n" });
    origin.commit({ [`${M}/003_c.sql`]: "SELECT 33;\n" });
    checkout.git("fetch", "--quiet");
    assert.deepEqual(await choice(checkout.directory), [
      "5 migrations since origin/main at <commit>",
      "001_a.down.sql",
      "002_b.sql",
      "004_d.sql",
      "production/005_e.sql",
      "repeatable/view.sql",
    ]);
  });

  test("are compared with what the base has got meanwhile", async () => {
    const { origin, checkout } = branch();
    checkout.commit({ [`${M}/002_b.sql`]: "SELECT 2;\n", [`${M}/004_d.sql`]: "SELECT 4;\n" });
    await choice(checkout.directory);
    const below = "below-base 002_b.sql: the version 002 is below 003, the newest one of origin/main at <commit>";
    assert.deepEqual(lastAfterMerge, [`${below}: databases that have applied 003 refuse it as out of order`]);
    origin.commit({ [`${M}/004_theirs.sql`]: "SELECT 5;\n" });
    await choice(checkout.directory);
    assert.equal(lastAfterMerge.length, 1, "the other commit is not fetched");
    checkout.git("fetch", "--quiet");
    await choice(checkout.directory);
    assert.deepEqual(lastAfterMerge, [
      "below-base 002_b.sql: the version 002 is below 004, the newest one of origin/main at <commit>: databases that have applied 004 refuse it as out of order",
      "version-taken 004_d.sql: origin/main at <commit> has 004_theirs.sql with the same version 004",
    ]);
    // The same file on both sides is no other migration.
    checkout.git("rm", "--quiet", `${M}/004_d.sql`, `${M}/002_b.sql`);
    checkout.commit({ [`${M}/004_theirs.sql`]: "SELECT 5;\n" });
    await choice(checkout.directory);
    assert.deepEqual(lastAfterMerge, []);
  });

  test("are none on the default branch without changes", async () => {
    const { checkout } = branch();
    assert.deepEqual(await choice(checkout.directory), ["no migrations since origin/main at <commit>"]);
  });

  test("are new under another name", async () => {
    const { checkout } = branch();
    renameSync(join(checkout.directory, M, "003_c.sql"), join(checkout.directory, M, "004_c.sql"));
    assert.deepEqual((await choice(checkout.directory)).slice(1), ["004_c.sql"]);
  });

  test("are not new because of their line ends, or without statements", async () => {
    const { checkout } = branch();
    checkout.write({ [`${M}/003_c.sql`]: "\ufeffSELECT 3;\r\n\r\nSELECT 3;\r\n", [`${M}/004_d.sql`]: "-- later\n" });
    assert.deepEqual((await choice(checkout.directory)).slice(1), []);
    assert.deepEqual(lastOlder, ["001_a.sql", "001_a.down.sql", "003_c.sql", "repeatable/view.sql"]);
    checkout.write({ [`${M}/003_c.sql`]: "SELECT 3;\r\nSELECT 3;\r\n" });
    assert.deepEqual((await choice(checkout.directory)).slice(1), ["003_c.sql"]);
    assert.deepEqual(lastOlder, ["001_a.sql", "001_a.down.sql", "repeatable/view.sql"]);
  });

  test("are those since a named commit, from a detached HEAD as well", async () => {
    const { checkout } = branch();
    checkout.git("tag", "old");
    checkout.commit({ [`${M}/004_d.sql`]: "SELECT 4;\n" });
    const first = checkout.git("rev-parse", "HEAD").trim();
    checkout.commit({ [`${M}/005_e.sql`]: "SELECT 5;\n" });
    checkout.git("checkout", "--quiet", "--detach");
    const since = async (base: string) => await choice(checkout.directory, { kind: "new", base });
    assert.deepEqual(await since("old"), ["2 migrations since old at <commit>", "004_d.sql", "005_e.sql"]);
    assert.deepEqual((await since(first)).slice(1), ["005_e.sql"]);
    assert.deepEqual((await since("HEAD~1")).slice(1), ["005_e.sql"]);
  });

  test("are those of the versions after one, or all", async () => {
    const { checkout } = branch();
    const since: FileChoice = { kind: "since", version: "1" };
    assert.deepEqual(await choice(checkout.directory, since), ["1 migration after 1", "003_c.sql"]);
    assert.deepEqual(lastOlder, ["001_a.sql", "001_a.down.sql", "repeatable/view.sql"]);
    const all = ["001_a.sql", "001_a.down.sql", "003_c.sql", "repeatable/view.sql"];
    assert.deepEqual(await choice(checkout.directory, { kind: "all" }), ["all 3 migrations", ...all]);
    assert.deepEqual(lastOlder, []);
    await refusal(choice(checkout.directory, { kind: "since", version: "2" }), "version-unknown");
  });

  test("are all where there is nothing to compare with", async () => {
    const place = temporaryPlace("no-repository");
    writeFiles(place, { [`${M}/001_a.sql`]: "SELECT 1;\n" });
    const [words] = await choice(place);
    assert.equal(words, "the only migration: they are in no git repository");
    const empty = makeRepository();
    empty.write({ [`${M}/001_a.sql`]: "SELECT 1;\n" });
    assert.deepEqual(await choice(empty.directory), ["the only migration: nothing is committed yet", "001_a.sql"]);
    empty.commit();
    assert.deepEqual(await choice(empty.directory), ["the only migration: the repository has no remote", "001_a.sql"]);
  });
});

describe("the base", () => {
  test("is origin/main or origin/master without origin/HEAD, and must be named else", async () => {
    const { checkout } = branch();
    checkout.commit({ [`${M}/004_d.sql`]: "SELECT 4;\n" });
    checkout.git("remote", "set-head", "origin", "--delete");
    assert.deepEqual((await choice(checkout.directory)).slice(0, 2), [
      "1 migration since origin/main at <commit>",
      "004_d.sql",
    ]);
    const move = (from: string, to: string) => {
      checkout.git("update-ref", `refs/remotes/origin/${to}`, `refs/remotes/origin/${from}`);
      checkout.git("update-ref", "-d", `refs/remotes/origin/${from}`);
    };
    move("main", "master");
    assert.equal((await choice(checkout.directory))[0], "1 migration since origin/master at <commit>");
    move("master", "trunk");
    assert.match(
      await refused(checkout.directory),
      /this repository has neither origin\/HEAD nor origin\/main nor .*pgstep check --base <ref>, or pgstep check --all$/,
    );
    const named: FileChoice = { kind: "new", base: "origin/trunk" };
    assert.equal((await choice(checkout.directory, named))[0], "1 migration since origin/trunk at <commit>");
  });

  test("is what origin/HEAD says, however it is called", async () => {
    const origin = makeRepository();
    origin.commit({ [`${M}/001_a.sql`]: "SELECT 1;\n" });
    origin.git("branch", "--move", "trunk");
    const checkout = clone(origin);
    checkout.write({ [`${M}/002_b.sql`]: "SELECT 2;\n" });
    assert.equal((await choice(checkout.directory))[0], "1 migration since origin/trunk at <commit>");
  });

  test("must exist and have a commit in common", async () => {
    const { checkout } = branch();
    for (const base of ["nothing", "--since=yesterday", ""]) {
      assert.match(await refused(checkout.directory, { kind: "new", base }), /git knows no commit ".*"; Name a branch/);
    }
    checkout.git("switch", "--quiet", "--orphan", "other");
    checkout.commit({ [`${M}/001_a.sql`]: "SELECT 1;\n" });
    assert.match(await refused(checkout.directory), /HEAD and origin\/main have no commit in common; Name the branch/);
  });

  test("is missing in a shallow clone, which says how to fetch it", async () => {
    const { origin } = branch();
    origin.git("switch", "--quiet", "--create", "feature");
    origin.commit({ [`${M}/004_d.sql`]: "SELECT 4;\n" });
    origin.git("switch", "--quiet", "main");
    origin.commit({ "README.md": "more\n" });
    const alone = clone(origin, "--depth=1", "--branch=feature");
    assert.match(
      await refused(alone.directory),
      /this shallow clone has neither .*fetch-depth: 0 for actions\/checkout, GIT_DEPTH: 0 in GitLab CI/,
    );
    // As some CI services fetch: no branch of the remote is known.
    alone.git("update-ref", "-d", "refs/remotes/origin/feature");
    assert.match(await refused(alone.directory), /this shallow clone has neither/);
    const both = clone(origin, "--depth=1", "--branch=feature", "--no-single-branch");
    assert.match(
      await refused(both.directory),
      /have no commit in common in this shallow clone; Fetch the whole history/,
    );
    both.git("fetch", "--quiet", "--unshallow");
    assert.deepEqual((await choice(both.directory)).slice(1), ["004_d.sql"]);
  });
});

describe("the repository", () => {
  const start = process.cwd();
  afterEach(() => {
    process.chdir(start);
    delete process.env.GIT_DIR;
    delete process.env.GIT_WORK_TREE;
  });

  test("may have the project in a directory of its own, be a worktree, or a submodule", async () => {
    const origin = makeRepository();
    origin.commit({ [`apps/ä b/${M}/001_a.sql`]: "SELECT 1;\n", [`${M}/001_a.sql`]: "SELECT 'other';\n" });
    const checkout = clone(origin);
    checkout.write({ [`apps/ä b/${M}/002_b.sql`]: "SELECT 2;\n" });
    assert.deepEqual((await choice(join(checkout.directory, "apps/ä b"))).slice(1), ["002_b.sql"]);
    const tree = join(temporaryPlace("worktree"), "tree");
    checkout.git("worktree", "add", "--quiet", tree);
    repositoryAt(tree).write({ [`${M}/003_c.sql`]: "SELECT 3;\n" });
    assert.deepEqual((await choice(tree)).slice(1), ["003_c.sql"]);
    const outer = makeRepository();
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", `file://${origin.directory}`, "inner");
    outer.commit();
    outer.write({ [`inner/${M}/004_d.sql`]: "SELECT 4;\n" });
    assert.deepEqual((await choice(join(outer.directory, "inner"))).slice(1), ["004_d.sql"]);
  });

  test("may be bare and named by variables", async () => {
    const { origin } = branch();
    const bare = clone(origin, "--bare");
    bare.git("update-ref", "refs/remotes/origin/main", "refs/heads/main");
    const tree = temporaryPlace("tree");
    writeFiles(tree, { [`${M}/001_a.sql`]: "SELECT 1;\n", [`${M}/002_b.sql`]: "SELECT 2;\n" });
    const found = ["1 migration since origin/main at <commit>", "002_b.sql"];
    process.env.GIT_DIR = bare.directory;
    process.env.GIT_WORK_TREE = tree;
    assert.deepEqual(await choice(tree), found);
    // Relative paths are those of the working directory, which is the work tree unless one is named.
    process.chdir(tree);
    process.env.GIT_DIR = relative(tree, bare.directory);
    process.env.GIT_WORK_TREE = ".";
    assert.deepEqual(await choice(tree), found);
    delete process.env.GIT_WORK_TREE;
    assert.deepEqual(await choice(tree), found);
  });

  test("may name its objects by SHA-256", async () => {
    const repository = makeRepository("--object-format=sha256");
    repository.commit({ [`${M}/001_a.sql`]: "SELECT 1;\n" });
    repository.write({ [`${M}/002_b.sql`]: "SELECT 2;\n" });
    assert.deepEqual((await choice(repository.directory, { kind: "new", base: "main" })).slice(1), ["002_b.sql"]);
  });
});

test("a command line chooses once, and gives way to no setting", () => {
  const chosen = (words: Record<string, string>, base?: string) => fileChoice(new Map(Object.entries(words)), base);
  assert.deepEqual(chosen({}, "trunk"), { kind: "new", base: "trunk" });
  assert.deepEqual(chosen({ all: "" }, "trunk"), { kind: "all" });
  assert.deepEqual(chosen({ since: "012" }, "trunk"), { kind: "since", version: "012" });
  assert.throws(
    () => chosen({ since: "012", base: "main" }),
    (error) => error instanceof Failure && error.code === "usage",
  );
});
