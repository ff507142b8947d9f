import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { rewritesTable } from "../../../src/core/check/rewrites-table.ts";
import { CHECK_RULES } from "../../../src/core/findings/check-rules.ts";
import { readIgnores } from "../../../src/core/findings/ignores.ts";
import { type ExaminedFile, judge, type Policy, updatedKnown, type Verdict } from "../../../src/core/findings/judge.ts";
import { parseKnownFindings, writeKnownFindings } from "../../../src/core/findings/known-findings.ts";
import { scanBytes } from "../../../src/core/scanner/scan.ts";
import { readKnownFindings, replaceKnownFindings } from "../../../src/engine/check/known-findings.ts";
import { temporaryPlace } from "../../support/place.ts";
import { embeddedWorld, type Files, refusal } from "../support.ts";
import { traced } from "./traced.ts";

const GIVEN = { "001_given.sql": "CREATE TABLE t (a int, b int);" };

/** The files after 001 as `check` sees them. */
async function examined(files: Files): Promise<ExaminedFile[]> {
  const here = await embeddedWorld({ ...GIVEN, ...files });
  const [, ...after] = await traced(here);
  const ids = CHECK_RULES.map(({ id }) => id);
  return after.map((file) => ({ traced: file, ignores: readIgnores(scanBytes(disk.read(file.path)), ids) }));
}

/** What a verdict says, with the numbers of statements. */
function words({ findings, ignored, known, warnings, outdated }: Verdict): object {
  const found = ({ rule, match, severity }: Verdict["findings"][number]) =>
    `${severity} ${rule.id} ${match.statement.number}`;
  return {
    findings: findings.map(found),
    ignored: ignored.map(({ finding, reason }) => `${found(finding)}: ${reason}`),
    known: known.map(found),
    warnings: warnings.map(({ rule, message, place }) => `${place?.line} ${rule}: ${message}`),
    outdated: outdated.map(({ file, rule }) => `${file} ${rule}`),
  };
}

/** One rule alone, whatever other rules find in these statements. */
function verdict(files: readonly ExaminedFile[], policy: Partial<Policy> = {}): Verdict {
  return judge(files, [rewritesTable], { paths: files.map(({ traced: { path } }) => path), ...policy });
}

const NOTHING = { findings: [], ignored: [], known: [], warnings: [], outdated: [] };
const A = "ALTER TABLE t ALTER a TYPE bigint;";
const B = "ALTER TABLE t ALTER b TYPE bigint;";

describe("a finding", () => {
  test("counts with the severity of its rule, and not at all if the rule is off", async () => {
    const files = await examined({ "002_a.sql": `${A} SELECT 1; ${B}` });
    assert.deepEqual(words(verdict(files)), {
      ...NOTHING,
      findings: ["error rewrites-table 1", "error rewrites-table 3"],
    });
    const warned = verdict(files, { levels: { "rewrites-table": "warning" } });
    assert.deepEqual(words(warned), {
      ...NOTHING,
      findings: ["warning rewrites-table 1", "warning rewrites-table 3"],
    });
    assert.deepEqual(words(verdict(files, { levels: { "rewrites-table": "off" } })), NOTHING);
  });

  test("is ignored in the statement that a comment is for, or in the whole file", async () => {
    const one = await examined({ "002_a.sql": `${A}\n-- pgstep: ignore rewrites-table: small\n${B}` });
    assert.deepEqual(words(verdict(one)), {
      ...NOTHING,
      findings: ["error rewrites-table 1"],
      ignored: ["error rewrites-table 2: small"],
    });
    const all = await examined({ "002_a.sql": `-- pgstep: ignore-file rewrites-table: empty\n${A}\n${B}` });
    assert.deepEqual(words(verdict(all)), {
      ...NOTHING,
      ignored: ["error rewrites-table 1: empty", "error rewrites-table 2: empty"],
    });
  });

  test("that is missing makes its comment a warning, unless the rule is off or the file did not run", async () => {
    const comments = "-- pgstep: ignore-file rewrites-table: x\n-- pgstep: ignore rewrites-table: y\n";
    const [file] = await examined({ "002_a.sql": `${comments}SELECT 1; -- pgstep: ignore nothing: z` });
    assert.ok(file);
    const bad = '3 bad-ignore: there is no rule "nothing"';
    assert.deepEqual(words(verdict([file])), {
      ...NOTHING,
      warnings: [
        bad,
        "1 unused-ignore: rewrites-table finds nothing in this file",
        "2 unused-ignore: rewrites-table finds nothing in this statement",
      ],
    });
    assert.deepEqual(words(verdict([file], { levels: { "rewrites-table": "off" } })), { ...NOTHING, warnings: [bad] });
    const stopped = { ...file, traced: { ...file.traced, statements: [] }, isPartial: true };
    assert.deepEqual(words(verdict([stopped])), { ...NOTHING, warnings: [bad] });
  });
});

describe("known findings", () => {
  test("are forgiven where their statement is, and outdated once it has changed", async () => {
    const files = await examined({ "002_a.sql": `${A}\n${B}` });
    const known = updatedKnown([], verdict(files));
    assert.deepEqual(words(verdict(files, { known })), {
      ...NOTHING,
      known: ["error rewrites-table 1", "error rewrites-table 2"],
    });
    const later = await examined({ "002_a.sql": `SELECT 1;\r\n\r\n${A}\r\nALTER TABLE t ALTER b TYPE numeric;` });
    const changed = verdict(later, { known });
    assert.deepEqual(words(changed), {
      ...NOTHING,
      findings: ["error rewrites-table 3"],
      known: ["error rewrites-table 2"],
      outdated: ["002_a.sql rewrites-table"],
    });
    const updated = updatedKnown(known, changed);
    assert.deepEqual(words(verdict(later, { known: updated })), {
      ...NOTHING,
      known: ["error rewrites-table 2", "error rewrites-table 3"],
    });
  });

  test("stay for files that are not examined, and are outdated without their file", async () => {
    const files = await examined({ "002_a.sql": A });
    const known = ["000_old.sql", "gone.sql"].map((file) => ({ file, rule: "rewrites-table", statement: "0" }));
    const found = verdict(files, { known, paths: ["x/000_old.sql", "x/002_a.sql"] });
    assert.deepEqual(words(found), {
      ...NOTHING,
      findings: ["error rewrites-table 1"],
      outdated: ["gone.sql rewrites-table"],
    });
    assert.deepEqual(
      updatedKnown(known, found).map(({ file }) => file),
      ["000_old.sql", "002_a.sql"],
    );
    const stopped = files.map((file) => ({ ...file, isPartial: true }));
    const own = [{ file: "002_a.sql", rule: "rewrites-table", statement: "0" }];
    assert.deepEqual(words(verdict(stopped, { known: own })), { ...NOTHING, findings: ["error rewrites-table 1"] });
  });

  test("are kept in a file, which may be missing only where it is written", async () => {
    const path = `${temporaryPlace("known")}/deep/known.json`;
    const known = [{ file: "001_a.sql", rule: "rewrites-table", statement: "0123456789abcdef" }];
    const message = await refused(() => readKnownFindings(disk, path, false));
    assert.match(message, /Cannot read the known findings in .*: there is no such file; .*--update-known-findings$/);
    assert.deepEqual(readKnownFindings(disk, path, true), []);
    replaceKnownFindings(disk, path, known);
    assert.deepEqual(readKnownFindings(disk, path, false), known);
    assert.deepEqual(parseKnownFindings(writeKnownFindings(known)), { known });
    disk.replace(path, "[]");
    assert.match(await refused(() => readKnownFindings(disk, path, true)), /it has no "version": 1; Fix it/);
    disk.replace(path, "x");
    const below = `${path}/known.json`;
    await refusal(
      Promise.resolve().then(() => replaceKnownFindings(disk, below, known)),
      "file-unwritable",
    );
  });
});

async function refused(read: () => unknown): Promise<string> {
  const { message, hint } = await refusal(Promise.resolve().then(read), "settings");
  return `${message}; ${hint}`;
}
