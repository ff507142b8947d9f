import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { embeddedWorld, failureOf, outcomes, succeeded, within } from "../support.ts";

describe("the embedded database", () => {
  test("is clean for the next command after a file that failed half-way, whatever the file had set", async () => {
    const here = await embeddedWorld({
      "001_role.sql": "CREATE ROLE app; CREATE SCHEMA app AUTHORIZATION app;",
      "002_alone.sql": `-- Transaction: none
CREATE TEMP TABLE leftover (n int);
SET search_path = app;
SET standard_conforming_strings = off;
SET SESSION AUTHORIZATION app;
SELECT 1 / 0;`,
    });
    const report = await here.up();
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
    assert.equal(failureOf(report, "statement-failed").server?.code, "22012");
    const left = `SELECT concat_ws(' ', session_user, current_user, current_setting('search_path'),
      current_setting('standard_conforming_strings'), to_regclass('leftover'))`;
    assert.equal(await here.value(left), "postgres postgres public on");
    // The temporary table went with the session, and what is left to run may need it.
    failureOf(await here.up(), "in-doubt");
  });

  test("does not wait for ever for what it cannot run, and can be used again", async () => {
    const here = await embeddedWorld({ "001_a.sql": "CREATE TABLE t (n text); COPY t FROM PROGRAM 'echo 1';" });
    assert.match(
      failureOf(await within(60_000, here.up()), "connection-lost").message,
      /a statement that it cannot run/,
    );
    here.write({ "001_a.sql": "CREATE TABLE t (n text);" });
    assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied"]);
  });

  test("is clean after a transaction that failed", async () => {
    const here = await embeddedWorld({
      "001_role.sql": "CREATE ROLE other;",
      "002_fails.sql": "SET search_path = nowhere; SET SESSION AUTHORIZATION other; SELECT 1 / 0;",
    });
    assert.deepEqual(outcomes(await here.up()), ["001 applied", "002 failed"]);
    const left =
      "SELECT concat_ws(' ', session_user, current_setting('search_path'), pg_current_xact_id_if_assigned())";
    assert.equal(await here.value(left), "postgres public");
  });

  test("says once what a run asks for that has no effect in it, and nothing when nothing is asked for", async () => {
    const files = { "001_a.sql": "-- Lock-Timeout: 1s\nSELECT 1;", "002_b.sql": "-- Lock-Timeout: 2s\nSELECT 2;" };
    const rules = (here: Awaited<ReturnType<typeof embeddedWorld>>) =>
      here.events.flatMap((event) => (event.type === "warning" ? [event.finding.message] : []));
    const here = await embeddedWorld(files, { retryMs: 7 });
    succeeded(await here.up());
    assert.deepEqual(
      rules(here).map((message) => message.replace(/the Lock-Timeout of .*001_a\.sql/, "001_a")),
      [
        "the embedded database has one session, so nothing waits for a lock; without effect: --retry-for, 001_a and 1 more",
      ],
    );
    const quiet = await embeddedWorld({ "001_a.sql": "SELECT 1;" });
    succeeded(await quiet.up());
    assert.deepEqual(rules(quiet), []);
  });
});
