import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { validate } from "../../../src/engine/check/validate.ts";
import { baseline } from "../../../src/engine/verbs/baseline.ts";
import { repair } from "../../../src/engine/verbs/repair.ts";
import { repairVersion } from "../../../src/engine/verbs/repair-version.ts";
import type { Consent } from "../../../src/ports/consent.ts";
import { all, failureOf, outcomes, refusal, states, succeeded, world } from "../support.ts";

const VERSIONS = ["001", "002", "003", "004"];

function four(): Record<string, string> {
  return Object.fromEntries(
    VERSIONS.flatMap((version) => [
      [`${version}_step.sql`, `CREATE TABLE t${version} ();`],
      [`${version}_step.down.sql`, `DROP TABLE t${version};`],
    ]),
  );
}

const agree: Consent = { mayReset: async () => false, mayRepair: async () => true };
const refuse: Consent = { mayReset: async () => false, mayRepair: async () => false };

describe("up", () => {
  test("to a version, in any spelling, and count, apply so many", async () => {
    const here = await world(four());
    assert.deepEqual(outcomes(succeeded(await here.up({ to: "1" }))), ["001 applied"]);
    assert.deepEqual(outcomes(succeeded(await here.up({ count: 1 }))), ["002 applied"]);
    assert.deepEqual(outcomes(succeeded(await here.up({ to: "0000003" }))), ["003 applied"]);
    assert.deepEqual(outcomes(succeeded(await here.up({ to: "2" }))), []);
    assert.deepEqual(outcomes(succeeded(await here.up({ to: "4", count: 9 }))), ["004 applied"]);
  });

  test("to a version that is neither file nor history is refused", async () => {
    const here = await world(four());
    await refusal(here.up({ to: "5" }), "version-unknown");
    assert.deepEqual(await here.tables(), []);
  });

  test("versions go by their value, not their spelling", async () => {
    const here = await world({
      "9_nine.sql": "CREATE TABLE nine ();",
      "10_ten.sql": "ALTER TABLE nine RENAME TO ten;",
      "20251012093000_time.sql": "ALTER TABLE ten RENAME TO late;",
      "00008_eight.sql": "SELECT 1;",
    });
    assert.deepEqual(outcomes(succeeded(await here.up())), [
      "00008 applied",
      "9 applied",
      "10 applied",
      "20251012093000 applied",
    ]);
    assert.deepEqual(await here.tables(), ["late"]);
  });

  test("a changed file stops it, whatever else is pending; line ends and a byte order mark are no change", async () => {
    const here = await world(four());
    succeeded(await here.up({ count: 2 }));
    here.write({ "001_step.sql": "\ufeffCREATE TABLE t001 ();" });
    assert.deepEqual((await states(here)).slice(0, 2), ["001 applied", "002 applied"]);
    here.write({ "001_step.sql": "CREATE TABLE t001 (); -- edited" });
    const { findings } = await refusal(here.up(), "history-conflict");
    assert.deepEqual(
      findings.map((finding) => finding.rule),
      ["changed"],
    );
    assert.deepEqual(await states(here), ["001 changed", "002 applied", "003 pending", "004 pending"]);
    assert.deepEqual(await here.history(), ["001", "002"]);
  });

  test("a missing file is a warning, and shown", async () => {
    const here = await world(four());
    succeeded(await here.up({ count: 2 }));
    here.remove("002_step.sql", "002_step.down.sql");
    assert.deepEqual(await states(here), ["001 applied", "002 missing", "003 pending", "004 pending"]);
    succeeded(await here.up());
    const warnings = () => here.events.filter((event) => event.type === "warning").map(({ finding }) => finding.rule);
    assert.deepEqual(warnings(), ["missing"]);
    // What was warned of once is not repeated for ever.
    here.write({ "005_step.sql": "SELECT 1;" });
    succeeded(await here.up());
    assert.deepEqual(warnings(), ["missing"]);
    const report = await validate(here.context, here.database);
    assert.ok(report.findings.some((finding) => finding.rule === "missing" && finding.severity === "error"));
  });

  test("a pending file below the newest is refused unless it is asked for", async () => {
    const files = four();
    const { "002_step.sql": late = "", "002_step.down.sql": _, ...rest } = files;
    const here = await world(rest);
    succeeded(await here.up());
    here.write({ "002_step.sql": late });
    assert.deepEqual(await states(here), ["001 applied", "002 out-of-order", "003 applied", "004 applied"]);
    await refusal(here.up(), "history-conflict");
    assert.deepEqual(outcomes(succeeded(await here.up({ outOfOrder: true }))), ["002 applied"]);
    assert.deepEqual(await states(here), all(VERSIONS, "applied"));
  });

  test("a file for another environment is skipped, also when it is below what is applied", async () => {
    const here = await world({
      "001_one.sql": "CREATE TABLE one ();",
      "002_seed.sql": "-- Environment: development, test\nCREATE TABLE seed ();",
      "003_three.sql": "CREATE TABLE three ();",
    });
    succeeded(await here.beside({ environment: "production" }).up());
    assert.deepEqual(await states(here), ["001 applied", "002 skipped", "003 applied"]);
    assert.deepEqual(await here.tables(), ["one", "three"]);
    const testing = here.beside({ environment: "test" });
    assert.deepEqual(await states(testing), ["001 applied", "002 out-of-order", "003 applied"]);
    succeeded(await testing.up({ outOfOrder: true }));
    assert.deepEqual(await here.tables(), ["one", "seed", "three"]);
  });

  test("files of comments alone are recorded, with one warning; blank ones are refused", async () => {
    const here = await world({ "001_comment.sql": "-- nothing", "002_comment.sql": "-- nothing\n/* here */ ;;" });
    assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied", "002 applied"]);
    assert.equal(here.events.filter((event) => event.type === "warning" && event.finding.rule === "empty").length, 1);
    here.write({ "003_blank.sql": "\ufeff\r\n", "004_empty.sql": "" });
    assert.equal((await refusal(here.up(), "files-unsound")).findings.length, 2);
  });

  test("an empty directory has nothing to do, a missing one is an error", async () => {
    const here = await world({});
    assert.deepEqual(succeeded(await here.up()).steps, []);
    await refusal(here.beside({ directory: join(here.directory, "none") }).up(), "directory-unreadable");
    assert.equal(await here.value("SELECT to_regclass('schema_migrations') IS NULL"), true);
  });

  test("a single transaction that the server's lock table could not hold is refused before it begins", async () => {
    const here = await world({
      "001_many.sql": Array.from({ length: 20_000 }, (_, index) => `CREATE TABLE t${index} ();`).join("\n"),
    });
    await refusal(here.up({}, { singleTransaction: true }), "too-large");
    assert.deepEqual(await here.tables(), []);
  });
});

describe("down and redo", () => {
  test("by count, to a version and all of them, highest first", async () => {
    const here = await world(four());
    succeeded(await here.up());
    assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["004 undone"]);
    assert.deepEqual(outcomes(succeeded(await here.down({ to: "2" }))), ["003 undone"]);
    assert.deepEqual(outcomes(succeeded(await here.down({ all: true }))), ["002 undone", "001 undone"]);
    assert.deepEqual(await here.tables(), []);
    assert.deepEqual(succeeded(await here.down({ all: true })).steps, []);
  });

  test("in a single transaction: all or none", async () => {
    const here = await world(four());
    succeeded(await here.up({}, { singleTransaction: true }));
    here.write({ "001_step.down.sql": "DROP TABLE nothing_there;" });
    const report = await here.down({ all: true }, { singleTransaction: true });
    assert.deepEqual(outcomes(report), ["004 rolled-back", "003 rolled-back", "002 rolled-back", "001 failed"]);
    assert.deepEqual(await here.history(), VERSIONS);
    here.write({ "001_step.down.sql": "DROP TABLE t001;" });
    succeeded(await here.redo(4, { singleTransaction: true }));
    succeeded(await here.down({ all: true }, { singleTransaction: true }));
    assert.deepEqual(await here.tables(), []);
  });

  test("where both files have vanished, the down script stored at apply time is used", async () => {
    const script = "-- 'odd' \\ 😀 $$\nDROP TABLE t002;\nSELECT 'it''s';\n";
    const here = await world({ ...four(), "002_step.down.sql": `\ufeff${script}` });
    succeeded(await here.up({ count: 2 }));
    assert.equal(await here.value("SELECT down_script FROM schema_migrations WHERE version = '002'"), script);
    here.remove("002_step.sql", "002_step.down.sql");
    assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["002 undone"]);
    assert.deepEqual(await here.tables(), ["t001"]);
  });

  test("the file beside the migration is preferred to what was stored", async () => {
    const here = await world({ ...four(), "001_step.down.sql": "SELECT no_such_function();" });
    succeeded(await here.up({ count: 1 }));
    here.write({ "001_step.down.sql": "DROP TABLE t001;" });
    succeeded(await here.down({ all: true }));
  });

  test("a stored script that fails says so, and nothing is undone", async () => {
    const here = await world({ ...four(), "002_step.down.sql": "DROP TABLE t002;\nSELECT no_such_function();" });
    succeeded(await here.up({ count: 2 }));
    here.remove("002_step.down.sql");
    const report = await here.down({ all: true });
    assert.deepEqual(outcomes(report), ["002 failed", "001 not-run"]);
    const { place } = failureOf(report, "statement-failed");
    assert.equal(place?.line, 2);
    assert.equal(place?.sourceLine, "SELECT no_such_function();");
    assert.deepEqual(await here.tables(), ["t001", "t002"]);
  });

  test("no down script anywhere: nothing is touched, and all such are named", async () => {
    const { "001_step.down.sql": _, "003_step.down.sql": __, ...files } = four();
    const here = await world(files);
    succeeded(await here.up());
    const failure = await refusal(here.down({ all: true }), "no-way-back");
    assert.match(failure.message, /003_step, 001_step/);
    assert.deepEqual(await here.history(), VERSIONS);
    assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["004 undone"]);
    await refusal(here.redo(1), "no-way-back");
  });

  test("redo undoes and applies again, also what is recorded in another spelling", async () => {
    const here = await world(four());
    succeeded(await here.up());
    await here.rows("UPDATE schema_migrations SET version = '3' WHERE version = '003'");
    const before = await here.value("SELECT 't003'::regclass::oid::text");
    const report = succeeded(await here.redo(2));
    assert.deepEqual(
      report.steps.map(({ direction, version, outcome }) => `${direction} ${version} ${outcome}`),
      ["down 004 undone", "down 3 undone", "up 003 applied", "up 004 applied"],
    );
    assert.notEqual(await here.value("SELECT 't003'::regclass::oid::text"), before);
    assert.deepEqual(await here.history(), VERSIONS);
  });

  test("a redo whose way forth fails has undone, and says so", async () => {
    const here = await world(four());
    succeeded(await here.up());
    await here.rows("CREATE FUNCTION t() RETURNS void LANGUAGE sql AS ''; DROP TABLE t004; CREATE TABLE t004 ();");
    here.write({ "004_step.down.sql": "ALTER TABLE t004 RENAME TO kept; CREATE VIEW t004 AS SELECT 1;" });
    const report = await here.redo(1);
    assert.deepEqual(
      report.steps.map(({ direction, outcome }) => `${direction} ${outcome}`),
      ["down undone", "up failed"],
    );
    assert.deepEqual(await here.history(), ["001", "002", "003"]);
  });
});

describe("baseline and repair", () => {
  test("baseline records without running, once, and up goes on behind it", async () => {
    const here = await world(four());
    await refusal(baseline(here.context, "9"), "version-unknown");
    const report = await baseline(here.context, "2");
    assert.deepEqual(
      report.recorded.map((step) => step.version),
      ["001", "002"],
    );
    assert.deepEqual(await here.tables(), []);
    assert.deepEqual(await states(here), ["001 applied", "002 applied", "003 pending", "004 pending"]);
    await refusal(baseline(here.context, "3"), "baseline-refused");
    succeeded(await here.up());
    assert.deepEqual(await here.tables(), ["t003", "t004"]);
    succeeded(await here.down({ count: 2 }));
  });

  test("repair takes over the checksums of changed files, after consent only", async () => {
    const here = await world(four());
    succeeded(await here.up());
    here.write({
      "001_step.sql": "CREATE TABLE t001 (); -- harmless",
      "001_step.down.sql": "DROP TABLE IF EXISTS t001;",
    });
    await refusal(repair(here.context, refuse), "consent-missing");
    assert.equal((await states(here))[0], "001 changed");
    const report = await repair(here.context, agree);
    assert.deepEqual([report.changed.map((entry) => entry.version), report.updated], [["001"], true]);
    assert.deepEqual(await states(here), all(VERSIONS, "applied"));
    assert.equal(
      await here.value("SELECT down_script FROM schema_migrations WHERE version = '001'"),
      "DROP TABLE IF EXISTS t001;",
    );
    assert.equal((await repair(here.context, refuse)).updated, false);
  });
});

describe("repair of one version", () => {
  const edited = (version: string) => ({ [`${version}_step.sql`]: `CREATE TABLE t${version} (); -- harmless` });
  const asked: string[] = [];
  const consent = {
    ...agree,
    mayForget: async ({ version }: { readonly version: string }) => void asked.push(version),
  };

  test("a changed one, and no other", async () => {
    const here = await world(four());
    succeeded(await here.up());
    here.write({ ...edited("001"), ...edited("003") });
    const report = await repairVersion(here.context, "3", consent);
    assert.deepEqual([report.changed.map(({ version }) => version), report.forgotten], [["003"], false]);
    assert.deepEqual(await states(here), ["001 changed", "002 applied", "003 applied", "004 applied"]);
  });

  test("one whose file is gone is forgotten, after consent only, and no run warns of it again", async () => {
    const here = await world(four());
    succeeded(await here.up({ count: 3 }));
    here.remove("002_step.sql", "002_step.down.sql", "003_step.sql", "003_step.down.sql");
    const warnings = () => here.events.filter((event) => event.type === "warning" && event.finding.rule === "missing");
    succeeded(await here.up({}, { dryRun: true }));
    assert.equal(warnings().length, 1);
    const refused = { ...agree, mayForget: () => Promise.reject(new Error("refused")) };
    await assert.rejects(repairVersion(here.context, "2", refused), /refused/);
    assert.deepEqual(await here.history(), ["001", "002", "003"]);
    asked.length = 0;
    for (const version of ["2", "003"]) {
      const report = await repairVersion(here.context, version, consent);
      assert.deepEqual([report.updated, report.forgotten, report.changed], [true, true, []]);
    }
    assert.deepEqual(asked, ["002", "003"]);
    assert.deepEqual(await states(here), ["001 applied", "004 pending"]);
    assert.deepEqual(await here.tables(), ["t001", "t002", "t003"]);
    here.events.length = 0;
    succeeded(await here.up());
    assert.deepEqual(warnings(), []);
  });

  test("repair without a version forgets nothing: an older checkout lacks the files of all newer versions", async () => {
    const here = await world(four());
    succeeded(await here.up());
    here.remove("004_step.sql", "004_step.down.sql");
    assert.equal((await repair(here.context, agree)).updated, false);
    assert.deepEqual(await here.history(), VERSIONS);
  });

  test("one that is as it was, one that is pending, and one that nobody knows", async () => {
    const here = await world(four());
    succeeded(await here.up({ count: 2 }));
    asked.length = 0;
    for (const version of ["1", "3"])
      assert.equal((await repairVersion(here.context, version, consent)).updated, false);
    await refusal(repairVersion(here.context, "9", consent), "version-unknown");
    assert.deepEqual(asked, []);
    assert.deepEqual(await here.history(), ["001", "002"]);
  });
});

const LARGE = `CREATE TABLE large ();\n${`SELECT '${"x".repeat(99_990)}';\n`.repeat(30)}`;
const BESIDE_LARGE = { "001_small.sql": "CREATE TABLE small ();", "003_behind.sql": "CREATE TABLE behind ();" };

/**
 * The disk, on which the last statement of a large file is another one when it is sent: it is read for its checksum, looked
 * through, and read again only to be sent.
 */
function editedWhileSent(name: string, lastStatements: string) {
  let loads = 0;
  const fileSystem = {
    ...disk,
    *read(path: string) {
      if (path.endsWith(name) && ++loads === 3) {
        const text = Buffer.concat(Array.from(disk.read(path), (part) => Buffer.from(part))).toString();
        yield Buffer.from(text.slice(0, text.lastIndexOf("SELECT")) + lastStatements);
      } else yield* disk.read(path);
    },
  };
  return { fileSystem, loads: () => loads };
}

describe("files that change under a run", () => {
  test("edited between planning and running: the run is refused before anything is applied", async () => {
    const here = await world(four());
    here.onEvent = (event) => {
      if (event.type === "planned") here.write({ "002_step.sql": "CREATE TABLE other ();" });
    };
    await refusal(here.up(), "history-conflict");
    assert.deepEqual(await here.tables(), []);
  });

  test("a small file edited while it waits for its turn runs as it was planned", async () => {
    const here = await world(four());
    here.onEvent = (event) => {
      if (event.type === "step-started") here.write({ "004_step.sql": "CREATE TABLE other ();" });
    };
    succeeded(await here.up());
    assert.deepEqual(await here.tables(), ["t001", "t002", "t003", "t004"]);
    assert.deepEqual((await states(here))[3], "004 changed");
  });

  for (const added of ["CREATE TABLE more ();\n", "COMMIT;\nCREATE TABLE more ();\n"]) {
    test(`a large file edited while it is sent is not applied, and what was applied before is reported: ${added.trim()}`, async () => {
      const { fileSystem, loads } = editedWhileSent("002_large.sql", added);
      const here = await world({ ...BESIDE_LARGE, "002_large.sql": LARGE }, { fileSystem });
      const report = await here.up();
      assert.equal(loads(), 3);
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
      failureOf(report, "history-conflict");
      assert.deepEqual(await here.tables(), ["small"]);
      assert.deepEqual(await here.history(), ["001"]);
    });
  }

  test("ten thousand files are planned, counted and applied", async () => {
    const files: Record<string, string> = {};
    for (let number = 1; number <= 10_000; number++) files[`${String(number).padStart(5, "0")}_n.sql`] = "SELECT 1;";
    const here = await world(files);
    assert.equal((await here.status()).pending, 10_000);
    assert.equal(succeeded(await here.up({}, { dryRun: true })).steps.length, 10_000);
    succeeded(await here.up({ count: 500 }));
    assert.equal((await here.status()).pending, 9_500);
    const report = await baseline(here.beside({ table: "other" }).context, "10000");
    assert.equal(report.recorded.length, 10_000);
    assert.equal((await here.beside({ table: "other" }).status()).applied, 10_000);
    assert.deepEqual(succeeded(await here.beside({ table: "other" }).up()).steps, []);
  });
});

test("in a single transaction a file edited while it is sent takes everything back", async () => {
  const { fileSystem, loads } = editedWhileSent("002_large.sql", "CREATE TABLE more ();\n");
  const here = await world({ ...BESIDE_LARGE, "002_large.sql": LARGE }, { fileSystem });
  const report = await here.up({}, { singleTransaction: true });
  assert.equal(loads(), 3);
  assert.deepEqual(outcomes(report), ["001 rolled-back", "002 failed", "003 not-run"]);
  failureOf(report, "history-conflict");
  assert.deepEqual(await here.tables(), []);
});

test("a down file that vanishes under a run fails its migration, and what was applied before is reported", async () => {
  let loads = 0;
  const vanishing = {
    ...disk,
    *read(path: string) {
      if (path.endsWith("002_step.down.sql") && ++loads === 1) rmSync(path);
      yield* disk.read(path);
    },
  };
  const here = await world(four(), { fileSystem: vanishing });
  const report = await here.up();
  assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run", "004 not-run"]);
  failureOf(report, "history-conflict");
  assert.deepEqual(await here.tables(), ["t001"]);
});
