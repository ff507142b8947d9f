import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { type NetworkProxy, startProxy } from "../../support/network-proxy.ts";
import { type Files, failureOf, outcomes, type ServerWorld, succeeded, world } from "../support.ts";

const proxies: NetworkProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

/** A world whose statements go through a proxy. */
async function proxied(files: Files, before = ""): Promise<{ here: ServerWorld; proxy: NetworkProxy }> {
  const direct = await world(files, { before });
  const proxy = await startProxy({ port: Number(new URL(direct.url).port) });
  proxies.push(proxy);
  const url = direct.url.replace(/:\d+\//, `:${proxy.port}/`);
  return { here: direct.beside({}, { url }), proxy };
}

/** Puts another text of at most the same length into what the client sends, in its `time`-th place. */
function replace(proxy: NetworkProxy, text: string, by: string, time = 1): void {
  let seen = 0;
  proxy.onSent = (part) => {
    for (let at = part.indexOf(text); at !== -1; at = part.indexOf(text, at + 1)) {
      if (++seen === time) part.write(by.padEnd(text.length), at);
    }
    return "pass";
  };
}

/** Alone in its message, as a step begins. */
const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE\0";
const NO_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRONG\0";

describe("a statement that ends the transaction of its file, for whatever reason", () => {
  const files = {
    "001_one.sql": "CREATE TABLE one ();",
    "002_two.sql": "CREATE TABLE two ();\nSELECT 'here it ends';\nCREATE TABLE late ();",
    "003_three.sql": "CREATE TABLE three ();",
  };

  test("by COMMIT: the run says so, and nothing of rolling back", async () => {
    const { here, proxy } = await proxied(files);
    replace(proxy, "SELECT 'here it ends'", "COMMIT");
    const report = await here.up();
    const failure = failureOf(report, "transaction-ended");
    assert.match(failure.message, /Cannot apply 002_two: the file ended the transaction/);
    assert.match(failure.hint ?? "", /may be committed.* 002 is recorded as applied\.$/);
    assert.deepEqual([failure.place?.path.endsWith("002_two.sql"), failure.place?.line], [true, 2]);
    assert.equal(report.steps[1]?.outcome, "failed");
    assert.equal(report.steps[1]?.inPart, true);
    const applied = report.steps.filter(({ outcome }) => outcome === "applied").map(({ version }) => version);
    assert.deepEqual([...applied, "002"].sort(), await here.history());
    assert.ok(!(await here.tables()).includes("late"));
  });

  test("by ROLLBACK: nothing of the file is recorded", async () => {
    const { here, proxy } = await proxied(files);
    replace(proxy, "SELECT 'here it ends'", "ROLLBACK");
    const report = await here.up();
    const failure = failureOf(report, "transaction-ended");
    assert.doesNotMatch(failure.hint ?? "", /recorded/);
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("by a COMMIT behind which the message fails", async () => {
    const { here, proxy } = await proxied(files);
    replace(proxy, "SELECT 'here it ends'", "COMMIT; SELECT 1 / 0");
    const failure = failureOf(await here.up(), "transaction-ended");
    assert.equal(failure.server?.code, "22012");
  });

  test("in a single transaction: what came before it is reported as it is", async () => {
    const { here, proxy } = await proxied(files);
    replace(proxy, "SELECT 'here it ends'", "COMMIT");
    const report = await here.up({}, { singleTransaction: true });
    failureOf(report, "transaction-ended");
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
    assert.deepEqual(await here.history(), ["001", "002"]);
  });

  test("in a file that runs statement by statement", async () => {
    const { here, proxy } = await proxied({ ...files, "002_two.sql": `-- Transaction: none\n${files["002_two.sql"]}` });
    replace(proxy, "SELECT 'here it ends'", "COMMIT");
    const report = await here.up();
    const failure = failureOf(report, "transaction-ended");
    assert.equal(failure.place?.line, 3);
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
    assert.deepEqual(await here.tables(), ["one", "two"]);
  });
});

/** Statements that could let what follows them commit, were it not in a transaction. */
const LIFTING: Readonly<Record<string, string>> = {
  "SET default_transaction_read_only": "SET default_transaction_read_only = off;",
  "SET of a name with escapes": 'SET U&"default\\005ftransaction\\005fread\\005fonly" = off;',
  "SET SESSION CHARACTERISTICS": "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;",
  set_config: "SELECT set_config('default_transaction_read_only', 'off', false);",
  "set_config behind the one of pg_dump":
    "SELECT pg_catalog.set_config('search_path', '', false), set_config('default_transaction_read_only', 'off', false);",
  "UPDATE pg_settings": "UPDATE pg_settings SET setting = 'off' WHERE name = 'default_transaction_read_only';",
  "RESET of the setting": "RESET default_transaction_read_only;",
  "RESET ALL": "RESET ALL;",
  "SET in DO": "DO $$ BEGIN SET default_transaction_read_only = off; END $$;",
  "DO that commits": "DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; CREATE TABLE public.leaked (); END $$;",
  "a procedure": "CALL lift();",
};

const PROCEDURE =
  "CREATE PROCEDURE lift() LANGUAGE plpgsql AS $$ BEGIN SET default_transaction_read_only = off; END $$; CREATE FUNCTION quietly() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET default_transaction_read_only = off; END $$";

describe("a BEGIN that is refused, before a file that lifts the guard against writes", () => {
  for (const [what, sql] of Object.entries(LIFTING)) {
    test(`with ${what}: nothing of the file is run`, async () => {
      const files = {
        "001_one.sql": "CREATE TABLE one ();",
        "002_two.sql": `${sql}\nCREATE TABLE public.leaked ();`,
        "003_three.sql": "CREATE TABLE three ();",
      };
      for (const singleTransaction of [false, true]) {
        const { here, proxy } = await proxied(files, PROCEDURE);
        replace(proxy, BEGIN, NO_BEGIN, singleTransaction ? 1 : 2);
        const report = await here.up({}, { singleTransaction });
        assert.equal(failureOf(report, "statement-failed").server?.code, "42601");
        assert.deepEqual(await here.tables(), singleTransaction ? [] : ["one"]);
      }
    });
  }

  test("statement by statement: nothing of the statement is run", async () => {
    const { here, proxy } = await proxied(
      { "001_one.sql": "-- Transaction: none\nSELECT set_config('default_transaction_read_only', 'off', false);" },
      PROCEDURE,
    );
    const settings = "; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction";
    replace(proxy, `${BEGIN.slice(0, -1)}${settings}`, `${NO_BEGIN.slice(0, -1)}${settings}`);
    const report = await here.up();
    assert.equal(failureOf(report, "statement-failed").server?.code, "42601");
    assert.equal(await here.value("SELECT count(*)::int FROM schema_migrations_steps"), 0);
  });

  test("through a function of the database's own, which no text tells: what may be committed is said", async () => {
    const files = { "001_one.sql": "CREATE TABLE one ();\nSELECT quietly();\nCREATE TABLE leaked ();" };
    const { here, proxy } = await proxied(files, PROCEDURE);
    replace(proxy, BEGIN, NO_BEGIN);
    const report = await here.up();
    const failure = failureOf(report, "transaction-ended");
    assert.match(failure.message, /its BEGIN was refused .* turned default_transaction_read_only off/);
    assert.match(failure.hint ?? "", /may be committed/);
    assert.deepEqual([failure.place?.line, report.steps[0]?.inPart], [2, true]);
    assert.deepEqual(await here.tables(), ["leaked"]);
    assert.deepEqual(await here.history(), []);
  });
});

describe("turns of the network", () => {
  async function turnsOf(text: (number: number) => string): Promise<number> {
    const versions = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(3, "0"));
    const files = Object.fromEntries(versions.map((version, index) => [`${version}_step.sql`, text(index)]));
    const { here, proxy } = await proxied(
      { ...files, "000_first.sql": "CREATE TABLE one (v text);" },
      "CREATE FUNCTION note(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$",
    );
    succeeded(await here.up({ count: 1 }));
    proxy.resetTraffic();
    succeeded(await here.up());
    return proxy.traffic.turns;
  }

  test("are as many where backslashes follow what may change their meaning, and one more for each file that lifts the guard", async () => {
    const plain = await turnsOf((number) => `INSERT INTO one VALUES ('${number}');\nSELECT note('a');`);
    const backslashes = await turnsOf((number) =>
      `SELECT note('\\\\');\nINSERT INTO one VALUES ('${number}\\n');\n`.repeat(20),
    );
    assert.equal(backslashes, plain);
    const ofPgDump = await turnsOf(
      (number) =>
        `SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\nINSERT INTO public.one VALUES ('${number}\\n');`,
    );
    assert.equal(ofPgDump, plain);
    const lifting = await turnsOf((number) =>
      number === 5 ? "SET default_transaction_read_only = off;" : `INSERT INTO one VALUES ('${number}');`,
    );
    assert.ok(lifting <= plain + 1, `${lifting} turns instead of ${plain}`);
  });
});
