import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { DEFAULT_SETTINGS } from "../../../src/core/configuration/settings.ts";
import { renumber } from "../../../src/engine/verbs/renumber.ts";
import { temporaryPlace } from "../../support/place.ts";
import { refusal } from "../support.ts";

const FILES = {
  "012_mine.sql": "-- Migration: 012_mine\n\nSELECT 'ä';\r\n",
  "012_mine.down.sql": "-- Migration: 012_other\nSELECT 2;\n",
  "012_theirs.sql": "SELECT 3;\n",
  "production/013_p.sql": "SELECT 4;\n",
};

function place() {
  const directory = temporaryPlace("renumber", FILES);
  const context = { settings: { ...DEFAULT_SETTINGS, directory }, fileSystem: disk, clock: systemClock };
  const moved = async (wish: string) =>
    renumber({ ...context, emit: () => {}, signal: new AbortController().signal, toolVersion: "test" }, wish);
  return { directory, moved, names: () => readdirSync(directory, { recursive: true }).map(String).sort() };
}

describe("a migration", () => {
  test("of another tool stays as it is", async () => {
    const { directory, moved } = place();
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, "00001_a.sql"), "-- +goose Up\nSELECT 1;\n");
    await refusal(moved("00001"), "usage");
    assert.deepEqual(readdirSync(directory), ["00001_a.sql"]);
  });

  test("moves to the next version with its down script, and its header follows", async () => {
    const { directory, moved, names } = place();
    const { paths, removed } = await moved("012_mine");
    assert.deepEqual(
      [paths, removed].map((list) => list.map((path) => path.slice(directory.length + 1))),
      [
        ["014_mine.sql", "014_mine.down.sql"],
        ["012_mine.sql", "012_mine.down.sql"],
      ],
    );
    assert.deepEqual(names(), [
      "012_theirs.sql",
      "014_mine.down.sql",
      "014_mine.sql",
      "production",
      "production/013_p.sql",
    ]);
    assert.equal(readFileSync(join(directory, "014_mine.sql"), "utf8"), "-- Migration: 014_mine\n\nSELECT 'ä';\r\n");
    assert.equal(readFileSync(join(directory, "014_mine.down.sql"), "utf8"), FILES["012_mine.down.sql"]);
  });

  test("moves to the version that is wanted, in its folder", async () => {
    const { moved, names } = place();
    await moved("13=020");
    assert.ok(names().includes("production/020_p.sql"));
  });

  test("stays where it is if the wish is wrong, and nothing is lost", async () => {
    const { directory, moved, names } = place();
    writeFileSync(join(directory, "015_latin.sql"), Buffer.from([0x2d, 0x2d, 0xe4, 0x0a]));
    const before = names();
    const said = async (wish: string) => {
      const { message, hint } = await refusal(moved(wish), "usage");
      return `${message} | ${hint}`.replaceAll(`${directory}/`, "");
    };
    assert.match(await said("099"), /Cannot renumber 099: there is no such migration/);
    assert.match(
      await said("012"),
      /2 migrations have this version \| Name the file: --renumber 012_mine or --renumber 012_theirs/,
    );
    assert.match(
      await said("012_mine=13"),
      /production\/013_p\.sql has the version 13 \| Take 016: --renumber 012_mine=016/,
    );
    assert.match(await said("012_mine=x"), /"x" is not a number/);
    assert.match(await said("015=017"), /there is no such migration \| Name one .*; pgstep validate shows those/);
    assert.deepEqual(names(), before);
  });
});
