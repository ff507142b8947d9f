import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { brokenIndexes } from "./support/fingerprint.ts";
import { type Files, makeGround, succeeded } from "./support/ground.ts";
import { faultRuntimes } from "./support/rounds.ts";
import { makeSmallDisk } from "./support/small-disk.ts";
import { failureTold, serverCodeTold, stepsTold } from "./support/truth.ts";

const rows = Array.from({ length: 20_000 }, (_, row) => `${row}\t${"x".repeat(80)}`).join("\n");

const FILL = "SELECT n, repeat('x', 80) FROM generate_series(1, 20000) AS n";

/** What needs more room than there is, as the second of three migrations, and whether it rolls back as a whole. */
const CASES: Readonly<Record<string, { sql: string; before?: string; alone?: boolean }>> = {
  "an INSERT": { sql: `CREATE TABLE big (id integer, words text) TABLESPACE small;\nINSERT INTO big ${FILL};` },
  "a COPY": {
    sql: `CREATE TABLE big (id integer, words text) TABLESPACE small;\nCOPY big FROM STDIN;\n${rows}\n\\.\n`,
  },
  "CREATE INDEX CONCURRENTLY": {
    before: `CREATE TABLE big AS ${FILL.replace("n, ", "n AS id, ").replace("80)", "80) AS words")};`,
    sql: "CREATE TABLE beside (id integer);\nCREATE INDEX CONCURRENTLY big_idx ON big (words, id) TABLESPACE small;",
    alone: true,
  },
};

const disk = makeSmallDisk(8);

for (const runtime of faultRuntimes()) {
  describe(`a disk that is full on ${runtime}`, { skip: disk ? false : "a tmpfs cannot be mounted here" }, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres();
      await server.query("postgres", `CREATE TABLESPACE small LOCATION '${disk?.directory}'`);
    });
    after(async () => {
      await server?.stop("immediate");
      await disk?.remove();
    });

    for (const [name, { sql, before: prepare = "", alone = false }] of Object.entries(CASES)) {
      it(`${name} fails with its own words, and goes through when there is room`, async () => {
        disk?.occupy(7 << 20);
        const files: Files = {
          "001_first.sql": `CREATE TABLE first (id integer); ${prepare}`,
          "002_big.sql": sql,
          "003_third.sql": "CREATE TABLE third (id integer);",
        };
        const ground = await makeGround(server, runtime, { files });
        const full = await ground.run(["up"]);
        assert.equal(full.status, 4, full.story);
        assert.equal(failureTold(full).code, "statement-failed", full.story);
        assert.equal(serverCodeTold(full), "53100", full.story);
        const outcomes = (steps: ReturnType<typeof stepsTold>) =>
          steps.map((step) => `${step.version} ${step.outcome}`);
        assert.deepEqual(outcomes(stepsTold(full)), ["001 applied", "002 failed", "003 not-run"], full.story);
        const tables = () =>
          ground.query(`SELECT string_agg(tablename, ' ' ORDER BY tablename) AS names FROM pg_tables
            WHERE tablename IN ('first', 'big', 'beside', 'third')`);
        assert.deepEqual(await tables(), [{ names: alone ? "beside big first" : "first" }]);
        const status = succeeded(await ground.run(["status"]));
        const told = status.lines.at(-1)?.migrations as { state: string }[];
        assert.deepEqual(
          told.map(({ state }) => state),
          ["applied", alone ? "unfinished" : "pending", "pending"],
        );

        disk?.occupy(0);
        const again = succeeded(await ground.run(["up"]));
        assert.deepEqual(outcomes(stepsTold(again)), ["002 applied", "003 applied"], again.story);
        assert.deepEqual(await brokenIndexes(server, ground.database), []);
        const [row] = await ground.query("SELECT count(*)::int AS count FROM big");
        assert.equal(row?.count, 20_000);
        await ground.query("DROP TABLE big");
      });
    }
  });
}
