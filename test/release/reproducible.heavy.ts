import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Manifest } from "../../build/release/manifest.ts";
import { ROOT } from "../../build/runtimes.ts";
import { run } from "../support/program.ts";
import { readManifest } from "./support/released.ts";

/** One of each format; every archive has the package's files inside. */
const TARGETS = ["linux-x64-musl", "darwin-x64", "windows-arm64"];

// Below dist/, since files of another disk cannot be linked. Blank and umlaut on purpose.
mkdirSync(join(ROOT, "dist"), { recursive: true });
const place = mkdtempSync(join(ROOT, "dist", "zweiter Bau, größer "));
after(() => rmSync(place, { recursive: true, force: true }));

const built = readManifest();

test("a second build, elsewhere and by another's habits, gives the same bytes", {
  skip: built.commit.endsWith("-dirty") && "what was released is no commit, so it cannot be checked out again",
}, async () => {
  const checkout = join(place, "checkout");
  execFileSync("git", ["clone", "--quiet", ROOT, checkout]);
  execFileSync("git", ["checkout", "--quiet", built.commit], { cwd: checkout });
  execFileSync("cp", ["-al", join(ROOT, "node_modules"), checkout]);
  mkdirSync(join(checkout, "dist"));
  execFileSync("cp", ["-al", join(ROOT, "dist", "runtimes"), join(checkout, "dist")]);
  const { status, stderr } = await run(
    ["sh", "-c", 'umask 077 && exec "$@"', "sh", process.execPath, "--import", "tsx", "build/release.ts", ...TARGETS],
    { directory: checkout, environment: { TZ: "Asia/Tokyo", LC_ALL: "C", HOME: place }, timeoutMs: 300_000 },
  );
  assert.equal(status, 0, stderr);
  const again = JSON.parse(readFileSync(join(checkout, "dist", "release", "manifest.json"), "utf8")) as Manifest;
  assert.equal(again.commit, built.commit);
  const names = again.files.map(({ name }) => name);
  assert.equal(names.length, TARGETS.length + 3);
  assert.deepEqual(
    again.files,
    built.files.filter(({ name }) => names.includes(name)),
  );
});
