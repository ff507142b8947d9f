import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { problemOf } from "../../../src/engine/diff/prove-files.ts";
import { readSide } from "../../../src/engine/diff/read-side.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import { withSession } from "../../../src/engine/session/with-session.ts";
import { inNewDatabase, trialPlaces } from "../../diff/trial.ts";
import { sharedServer } from "../../support/postgres-server.ts";

/** The problem with files between an empty schema and one with a table. */
async function problem(...files: { up: string; down: string; isOutside?: boolean }[]): Promise<string | undefined> {
  const server = await sharedServer(18);
  const { shadow } = await trialPlaces(server, server);
  const inShadow = inNewDatabase(shadow);
  const read = (context: DatabaseContext) =>
    withSession(context.database, "read", (session) => readSide(context, session, 18));
  const of = (sql: string) =>
    inShadow(async (context) => {
      await withSession(context.database, "fill", (session) => session.execute(sql));
      return await read(context);
    });
  const [from, to] = [await of("SELECT 1"), await of("CREATE TABLE t (a int); CREATE INDEX i ON t (a)")];
  const proof = { inShadow, begin: async () => {}, read, from, to };
  return await problemOf(
    proof,
    files.map((file) => ({ words: "", isOutside: false, ...file })),
  );
}

const CREATE = "CREATE TABLE t (a int); CREATE INDEX i ON t (a);";

describe("the proof of written files", () => {
  test("accepts files that lead there and back", async () => {
    assert.equal(await problem({ up: CREATE, down: "DROP TABLE t;" }), undefined);
  });

  test("names what the statements lack", async () => {
    assert.match(
      String(await problem({ up: "CREATE TABLE t (a int);", down: "" })),
      /^INDEX public\.i.* would be missing/,
    );
  });

  test("names what the down file leaves", async () => {
    assert.match(
      String(await problem({ up: CREATE, down: "DROP INDEX i;" })),
      /^after the down file, .*table public\.t would remain/,
    );
  });

  test("has the server's reason for a statement that fails", async () => {
    assert.match(
      String(await problem({ up: "CREATE TABLE t (a nothing);", down: "" })),
      /type "nothing" does not exist/,
    );
  });

  test("runs a file outside a transaction", async () => {
    const table = { up: "CREATE TABLE t (a int);", down: "DROP TABLE t;" };
    const index = { up: "CREATE INDEX CONCURRENTLY i ON t (a);", down: "DROP INDEX CONCURRENTLY i;", isOutside: true };
    assert.equal(await problem(table, index), undefined);
    assert.match(String(await problem(table, { ...index, isOutside: false })), /cannot run inside a transaction block/);
  });
});
