import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseHeader } from "../../../src/core/migrations/header.ts";
import { type Applied, compareHistory, isApplied, isPending } from "../../../src/core/migrations/history.ts";
import type { Migration } from "../../../src/core/migrations/migration.ts";

function file(version: string, text = "", checksum = `sum ${version}`): Migration {
  const up = { path: `m/${version}_x.sql`, header: parseHeader(text).header, checksum, size: 1 };
  return { version, name: `${version}_x`, description: "x", up };
}

function row(version: string, checksum: string | null = null): Applied {
  const nothing = { description: null, durationMs: null, appliedBy: null, toolVersion: null, hasDownScript: false };
  return { version, appliedAt: "2026-01-01T00:00:00", checksum, ...nothing };
}

function statesOf(migrations: Migration[], history: Applied[], environment?: string): string[] {
  return compareHistory(migrations, { history, unfinished: [] }, environment).map(
    ({ version, state }) => `${version} ${state}`,
  );
}

describe("files beside the history", () => {
  test("are applied, pending, changed, missing or out of order", () => {
    assert.deepEqual(
      statesOf(
        [file("001"), file("002"), file("003"), file("005"), file("006")],
        [row("001", "sum 001"), row("002", "other"), row("4"), row("5")],
      ),
      ["001 applied", "002 changed", "003 out-of-order", "4 missing", "005 applied", "006 pending"],
    );
  });

  test("a row without a checksum is taken as it is", () => {
    assert.deepEqual(statesOf([file("1")], [row("001")]), ["1 applied"]);
  });

  test("versions that are no numbers are missing and come last", () => {
    assert.deepEqual(statesOf([file("001")], [row("init"), row("001")]), ["001 applied", "init missing"]);
  });

  test("a file for other environments is skipped until it is applied", () => {
    const seed = file("002", "-- Environment: test");
    assert.deepEqual(statesOf([file("001"), seed], [row("001")]), ["001 applied", "002 skipped"]);
    assert.deepEqual(statesOf([file("001"), seed], [row("001")], "test"), ["001 applied", "002 pending"]);
    assert.deepEqual(statesOf([seed], [row("002")]), ["002 applied"]);
    assert.deepEqual(statesOf([seed], [row("002", "other")]), ["002 changed"]);
  });

  test("one begun statement by statement is unfinished, whichever way it went", () => {
    const [up] = compareHistory(
      [file("001")],
      { history: [], unfinished: [{ version: "1", direction: "up" }] },
      undefined,
    );
    assert.ok(up && up.state === "unfinished" && isPending(up) && !isApplied(up));
    const [down] = compareHistory(
      [file("001")],
      { history: [row("001")], unfinished: [{ version: "001", direction: "down" }] },
      undefined,
    );
    assert.ok(down && down.state === "unfinished" && !isPending(down) && isApplied(down));
  });

  test("nothing on either side is nothing", () => {
    assert.deepEqual(statesOf([], []), []);
  });
});
