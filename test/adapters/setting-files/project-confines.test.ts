import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterEach, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { ProjectConfines } from "../../../src/adapters/setting-files/project-confines.ts";
import { readSettings } from "../../../src/adapters/setting-files/read-settings.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import { temporaryPlace } from "../../support/place.ts";

const start = process.cwd();
afterEach(() => process.chdir(start));

/** Writes the file of known findings of a project, in its directory. */
function write(settings: Readonly<Record<string, string>>, typed?: string): void {
  const project = temporaryPlace("confined", { "pgstep.json": JSON.stringify(settings) });
  process.chdir(project);
  const options = typed === undefined ? {} : { flags: new Map([["known-findings", typed]]) };
  const resolved = readSettings({ environment: {}, ...options }, { searching: true });
  const path = resolved.values.knownFindings;
  assert.ok(path);
  new ProjectConfines(resolved).fileSystem(disk).replace(path, "known");
}

test("a project file names no file of known findings outside of the project", () => {
  const outside = join(temporaryPlace("outside", { "kept.txt": "kept" }), "kept.txt");
  const isRefused = (error: unknown) =>
    error instanceof Failure && /pgstep\.json:1:\d+ names a file outside the project/.test(error.message);
  assert.throws(() => write({ knownFindings: outside }), isRefused);
  assert.equal(Buffer.concat([...disk.read(outside)]).toString(), "kept");
  write({ knownFindings: "deep/known.json" });
  write({ knownFindings: outside }, outside);
  assert.equal(Buffer.concat([...disk.read(outside)]).toString(), "known");
});

test("a stand-in is read inside the project, or where the user says", () => {
  const outside = temporaryPlace("outside", { "a.sql": "secret", "deeper/b.sql": "" });
  const project = temporaryPlace("confined", { "own/a.sql": "", ".git/HEAD": "", "sub/pgstep.json": "{}" });
  process.chdir(join(project, "sub"));
  symlinkSync(join(outside, "a.sql"), join(project, "own", "link.sql"));
  symlinkSync(outside, join(project, "linked"));
  symlinkSync(join(project, "own", "a.sql"), join(project, "own", "inside.sql"));
  const read = (path: string, flags: ReadonlyMap<string, string> = new Map()) =>
    new ProjectConfines(readSettings({ environment: {}, flags }, { searching: true })).requireReadable(path);
  const isRefused = (error: unknown) => error instanceof Failure && error.code === "settings";
  for (const path of ["../own/a.sql", "../own/inside.sql", "../own/missing.sql"]) read(path);
  for (const path of ["../own/link.sql", "../linked/a.sql", join(outside, "a.sql"), "../.git/HEAD"]) {
    assert.throws(() => read(path), isRefused, path);
  }
  const typed = new Map([["stand-ins-dir", outside]]);
  read(join(outside, "a.sql"), typed);
  const other = new Map([["stand-ins-dir", join(outside, "deeper")]]);
  assert.throws(() => read(join(outside, "a.sql"), other), isRefused);
  writeFileSync("pgstep.json", JSON.stringify({ standInsDirectory: outside }));
  assert.throws(() => read(join(outside, "a.sql")), isRefused);
});
