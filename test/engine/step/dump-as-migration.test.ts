import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dump, findPgDump, withoutVersions } from "../../support/pg-dump.ts";
import { embeddedWorld, succeeded, world } from "../support.ts";

const DATABASE = String.raw`
CREATE TYPE mood AS ENUM ('sad', 'it''s; fine');
CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood, "odd ""column" text);
INSERT INTO people (name, mood, "odd ""column") VALUES
 ('tab' || chr(9) || 'line' || chr(10) || 'back\slash \. ' || chr(13), 'sad', NULL), ('\.', 'it''s; fine', '\N'), ('', NULL, 'ü 💡 ;');
CREATE TABLE empty_one (id int);
CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN n * 2 ELSE 0 END; END;
CREATE FUNCTION quoted() RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RETURN $$;COMMIT;$$; END $f$;
CREATE VIEW cheerful AS SELECT id, doubled(id::int) FROM people WHERE mood <> 'sad';
CREATE RULE noted AS ON DELETE TO people DO ALSO (SELECT 1; SELECT 2);
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people;
COMMENT ON TABLE people IS 'a comment; with a \\ and a ''quote''';
SELECT lo_from_bytea(1001, 'hello');
SELECT lo_from_bytea(1002, decode(repeat('00ff27', 30000), 'hex'));
SELECT setval('people_id_seq', 41);`;

const pgDump = findPgDump(15);

describe("what pg_dump writes is a migration as it is", { skip: !pgDump && "there is no pg_dump 15 here" }, () => {
  const options: Record<string, string[]> = {
    "with its rows and large objects": [],
    "as INSERTs": ["--inserts", "--rows-per-insert=2"],
    "with the dropping of what is there": ["--clean", "--if-exists"],
  };
  for (const [what, given] of Object.entries(options)) {
    test(what, async () => {
      const source = await world({}, { major: 15, before: DATABASE });
      const text = await dump(pgDump ?? "", source.server, source.databaseName, given);
      const here = await world({ "001_dump.sql": text, "002_behind.sql": "CREATE TABLE behind ();" }, { major: 15 });
      succeeded(await here.up());
      assert.deepEqual(await here.history(), ["001", "002"]);
      const without = ["--exclude-table=schema_migrations", "--exclude-table=behind", ...given];
      const copy = await dump(pgDump ?? "", here.server, here.databaseName, without);
      assert.equal(withoutVersions(copy), withoutVersions(text));
    });
  }

  test("on the embedded database", async () => {
    const source = await world({}, { major: 15, before: DATABASE });
    const text = await dump(pgDump ?? "", source.server, source.databaseName, []);
    const here = await embeddedWorld({ "001_dump.sql": text });
    succeeded(await here.up());
    const facts =
      "SELECT (SELECT json_agg(people ORDER BY id) FROM people)::text AS people, nextval('people_id_seq')::text AS next, encode(lo_get(1001), 'escape') AS small, md5(lo_get(1002)) AS large";
    assert.deepEqual(await here.rows(facts), await source.rows(facts));
  });
});
