import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failure } from "../../../src/core/failure/failure.ts";
import { diffSchemas } from "../../../src/engine/diff/diff.ts";
import { serverMajor } from "../../../src/engine/diff/server-major.ts";
import type { Source } from "../../../src/engine/diff/sources.ts";
import { writeBaseline } from "../../../src/engine/diff/write-baseline.ts";
import { committedFiles } from "../../../src/engine/files/committed-files.ts";
import { inNewDatabase, trialPlaces } from "../../diff/trial.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { world } from "../support.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const NOTHING: Source = { kind: "nothing", name: "nothing" };

async function statements(from: Source, to: Source): Promise<string[]> {
  const server = await sharedServer(18);
  const { shadow } = await trialPlaces(server, server);
  const { files } = await diffSchemas(inNewDatabase(shadow), { from, to, renames: [], wants: "files" });
  return files.flatMap(({ up, down }) => [up, down]);
}

describe("the files of a commit", () => {
  const files = committedFiles(
    "db/migrations",
    new Map([
      ["001_a.sql", bytes("SELECT 1")],
      ["prod/002_b.sql", bytes("")],
    ]),
  );

  test("are listed and read by their paths below the directory", () => {
    assert.deepEqual(files.list("db/migrations"), [
      { name: "001_a.sql", kind: "file" },
      { name: "prod", kind: "directory" },
    ]);
    assert.deepEqual(files.list("db/migrations/prod"), [{ name: "002_b.sql", kind: "file" }]);
    assert.equal(Buffer.concat([...files.read("db/migrations/001_a.sql")]).toString(), "SELECT 1");
    assert.throws(() => files.read("db/migrations/003.sql"), { code: "ENOENT" });
  });

  test("cannot be written", () => {
    assert.throws(() => files.create("db/migrations/003.sql", ""), /cannot be written/);
  });
});

describe("a schema to compare", () => {
  test("is that of the migrations of a commit", async () => {
    const texts = new Map([["001_a.sql", bytes("CREATE TABLE t (a int);")]]);
    const to: Source = {
      ...{ kind: "migrations", name: "main", directory: "db" },
      fileSystem: committedFiles("db", texts),
    };
    assert.deepEqual(await statements(NOTHING, to), ["CREATE TABLE t (\n    a integer\n);\n", "DROP TABLE t;\n"]);
  });

  test("is that of a database", async () => {
    const { database } = await world({}, { before: "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t" });
    const [up, down] = await statements(NOTHING, { kind: "database", name: "live", database });
    assert.match(String(up), /^CREATE TABLE t[\s\S]*CREATE VIEW v AS/);
    assert.equal(down, "DROP VIEW v;\nDROP TABLE t;\n");
  });
});

describe("the version that statements are for", () => {
  test("is that of the oldest database, else that in a schema file", async () => {
    const { context, database } = await world({}, {});
    const file: Source = { kind: "file", name: "schema.sql" };
    const withText = (text: string) => ({
      ...context,
      fileSystem: { ...context.fileSystem, read: () => [Buffer.from(text)] },
    });
    const dumped = withText("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.14 (Debian)\n");
    assert.equal(await serverMajor(dumped, [NOTHING, file], []), 15);
    assert.equal(await serverMajor(dumped, [NOTHING, file], [database]), 18);
    assert.equal(await serverMajor(withText("CREATE TABLE t ();"), [NOTHING, file], []), undefined);
  });
});

describe("the first migration, written from a database", () => {
  test("has the whole schema, and a down file", async () => {
    const one = await world({}, { before: "CREATE TABLE t (a int)" });
    const server = await sharedServer(18);
    const { shadow } = await trialPlaces(server, server);
    const context = { ...shadow.context, database: one.database, settings: one.context.settings };
    const files = { ...one.context.fileSystem };
    const { version, paths } = await writeBaseline({ ...context, fileSystem: files }, inNewDatabase(shadow), "start");
    assert.equal(version, "001");
    const text = (path: string | undefined) => Buffer.concat([...files.read(String(path))]).toString();
    assert.match(text(paths[0]), /CREATE TABLE t \(\n {4}a integer\n\);\n$/);
    assert.match(text(paths[1]), /DROP TABLE t;\n$/);
    await assert.rejects(
      writeBaseline({ ...context, fileSystem: files }, inNewDatabase(shadow), "again"),
      (error) => error instanceof Failure && error.code === "baseline-refused",
    );
  });
});
