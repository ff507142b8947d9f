import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failure, type FailureCode } from "../../../src/core/failure/failure.ts";
import { parseHeader } from "../../../src/core/migrations/header.ts";
import type { Entry, MigrationState } from "../../../src/core/migrations/history.ts";
import { planDown, planRedo, planUp } from "../../../src/core/migrations/plan.ts";

interface Facts {
  readonly recordedAs?: string;
  readonly down?: "file" | "stored";
  readonly unfinished?: "up" | "down";
  readonly gone?: boolean;
}

function entry(version: string, state: MigrationState, facts: Facts = {}): Entry {
  const { recordedAs, down, unfinished, gone } = facts;
  const sqlFile = (path: string) => ({ path, header: parseHeader("").header, checksum: "c", size: 1 });
  const applied = ["applied", "changed", "missing"].includes(state) || unfinished === "down";
  const name = `${version}_x`;
  return {
    version,
    description: "x",
    state,
    ...(!gone &&
      state !== "missing" && {
        migration: {
          version,
          name,
          description: "x",
          up: sqlFile(`${name}.sql`),
          ...(down === "file" && { down: sqlFile(`${name}.down.sql`) }),
        },
      }),
    ...(applied && {
      applied: {
        version: recordedAs ?? version,
        appliedAt: "",
        description: "x",
        checksum: null,
        durationMs: null,
        appliedBy: null,
        toolVersion: null,
        hasDownScript: down === "stored",
      },
    }),
    ...(unfinished && { unfinished }),
  };
}

function fails(work: () => unknown, code: FailureCode): Failure {
  let caught: unknown;
  try {
    work();
  } catch (error) {
    caught = error;
  }
  assert.ok(caught instanceof Failure, String(caught));
  assert.equal(caught.code, code);
  return caught;
}

const mixed = [entry("001", "applied"), entry("002", "pending"), entry("003", "pending"), entry("004", "skipped")];

describe("the plan up", () => {
  test("holds what is pending, lowest first, up to the target and the count", () => {
    const versions = (target: Parameters<typeof planUp>[1]) => planUp(mixed, target).steps.map((step) => step.version);
    assert.deepEqual(versions({}), ["002", "003"]);
    assert.deepEqual(versions({ to: "2" }), ["002"]);
    assert.deepEqual(versions({ to: "001" }), []);
    assert.deepEqual(versions({ to: "4" }), ["002", "003"]);
    assert.deepEqual(versions({ count: 1 }), ["002"]);
    assert.deepEqual(versions({ count: 0 }), []);
  });

  test("is refused with all conflicts at once", () => {
    const entries = [
      entry("001", "changed"),
      entry("002", "out-of-order"),
      entry("003", "applied"),
      entry("004", "changed"),
    ];
    const { findings } = fails(() => planUp(entries, {}), "history-conflict");
    assert.deepEqual(
      findings.map((finding) => finding.rule),
      ["changed", "out-of-order", "changed"],
    );
    assert.equal(fails(() => planUp(entries, { outOfOrder: true }), "history-conflict").findings.length, 2);
  });

  test("goes on with one that was begun, and is refused behind a way back that was begun", () => {
    assert.deepEqual(
      planUp([entry("001", "unfinished", { unfinished: "up" })], {}).steps.map((step) => step.version),
      ["001"],
    );
    fails(() => planUp([entry("001", "unfinished", { unfinished: "down" })], {}), "history-conflict");
  });

  test("tells what is left out for other environments, up to the target", () => {
    assert.deepEqual(planUp(mixed, {}).skipped, ["004_x"]);
    assert.deepEqual(planUp(mixed, { to: "3" }).skipped, []);
  });

  test("warns of many missing files once, with their number and the first few", () => {
    const gone = Array.from({ length: 7 }, (_, index) => entry(`00${index + 1}`, "missing"));
    const next = entry("009", "pending");
    const { warnings } = planUp([...gone, next], {});
    assert.deepEqual(
      warnings.map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`),
      ["warning missing: 7 migrations are applied, but their files are missing: 001, 002, 003, 004, 005 and 2 more"],
    );
    assert.match(planUp([...gone.slice(0, 5), next], {}).warnings[0]?.message ?? "", /: 001, 002, 003, 004, 005$/);
  });

  test("warns of missing files only where the next migration is pending", () => {
    const warned = (...entries: Entry[]) => planUp(entries, {}).warnings.map(({ rule }) => rule);
    const gone = entry("001", "missing");
    assert.deepEqual(warned(gone, entry("002", "pending")), ["missing"]);
    assert.deepEqual(warned(gone, entry("002", "applied"), entry("003", "pending")), []);
    assert.deepEqual(warned(entry("001", "applied"), entry("002", "missing")), []);
  });

  test("needs a version that is known", () => {
    fails(() => planUp(mixed, { to: "9" }), "version-unknown");
  });
});

describe("the plan down", () => {
  const applied = [
    entry("001", "applied", { down: "file", recordedAs: "1" }),
    entry("002", "changed", { down: "stored" }),
    entry("003", "missing", { down: "stored" }),
    entry("004", "pending", { down: "file" }),
  ];

  test("holds what is applied, highest first, in its recorded spelling", () => {
    const versions = (target: Parameters<typeof planDown>[1]) =>
      planDown(applied, target).steps.map(({ version, script }) => `${version} ${script ? "file" : "stored"}`);
    assert.deepEqual(versions({ all: true }), ["003 stored", "002 stored", "1 file"]);
    assert.deepEqual(versions({ count: 2 }), ["003 stored", "002 stored"]);
    assert.deepEqual(versions({ count: 0 }), []);
    assert.deepEqual(versions({ count: 9 }), ["003 stored", "002 stored", "1 file"]);
    assert.deepEqual(versions({ to: "01" }), ["003 stored", "002 stored"]);
    assert.deepEqual(versions({ to: "3" }), []);
  });

  test("is refused when a way back is missing, naming all of them", () => {
    const stuck = [entry("001", "applied"), entry("002", "applied", { down: "file" }), entry("003", "applied")];
    assert.match(fails(() => planDown(stuck, { all: true }), "no-way-back").message, /003_x, 001_x/);
    fails(() => planDown(stuck, { count: 1 }), "no-way-back");
  });

  test("is refused to a version that is not applied, and behind one that is applied in part", () => {
    fails(() => planDown(applied, { to: "4" }), "version-unknown");
    fails(() => planDown(applied, { to: "0" }), "version-unknown");
    fails(
      () => planDown([...applied, entry("005", "unfinished", { unfinished: "up" })], { count: 1 }),
      "history-conflict",
    );
  });

  test("goes on with a way back that was begun", () => {
    const begun = entry("001", "unfinished", { unfinished: "down", down: "file" });
    assert.deepEqual(
      planDown([begun], { count: 1 }).steps.map((step) => step.version),
      ["001"],
    );
  });
});

describe("the plan of a redo", () => {
  test("undoes highest first and applies lowest first, in the file's spelling", () => {
    const entries = [
      entry("001", "applied", { down: "file" }),
      entry("002", "applied", { down: "file", recordedAs: "2" }),
      entry("003", "changed", { down: "stored" }),
    ];
    assert.deepEqual(
      planRedo(entries, 2).steps.map(({ direction, version }) => `${direction} ${version}`),
      ["down 003", "down 2", "up 002", "up 003"],
    );
  });

  test("is refused when a file to apply again is gone", () => {
    fails(() => planRedo([entry("001", "missing", { down: "stored" })], 1), "history-conflict");
  });
});
