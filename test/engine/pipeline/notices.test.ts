import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { embeddedWorld, succeeded, type World, world } from "../support.ts";

const subjects: Record<string, (files: Record<string, string>) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  PGlite: (files) => embeddedWorld(files),
};

function heard(here: World): string[] {
  return here.events.flatMap((event) =>
    event.type === "notice" ? [`${event.migration}:${event.place?.line ?? "-"} ${event.message.message}`] : [],
  );
}

for (const [name, make] of Object.entries(subjects)) {
  describe(`notices on ${name}`, () => {
    test("each belongs to its migration and to the line of its statement, in order", async () => {
      const raise = (text: string, times = 1) =>
        `DO $$ BEGIN FOR i IN 1..${times} LOOP RAISE NOTICE '${text} %', i; END LOOP; END $$;`;
      const here = await make({
        "001_one.sql": `${raise("a")}\nSELECT 1;\n${raise("b", 3)}`,
        "002_two.sql": `SELECT 2;\n\n-- a comment\n${raise("c", 2)}\nDROP TABLE IF EXISTS none;`,
        "003_three.sql": "CREATE TABLE t (n int);\nDO $$ BEGIN RAISE WARNING 'careful'; END $$;",
      });
      for (const options of [{}, { singleTransaction: true }]) {
        here.events.length = 0;
        succeeded(await here.up({}, options));
        assert.deepEqual(heard(here), [
          "001_one:1 a 1",
          "001_one:3 b 1",
          "001_one:3 b 2",
          "001_one:3 b 3",
          "002_two:4 c 1",
          "002_two:4 c 2",
          '002_two:5 table "none" does not exist, skipping',
          "003_three:2 careful",
        ]);
        await here.rows("DROP TABLE schema_migrations, t");
      }
    });

    test("a thousand from one statement all arrive", async () => {
      const here = await make({
        "001_many.sql":
          "SELECT 1;\nDO $$ BEGIN FOR i IN 1..1000 LOOP RAISE NOTICE '%', i; END LOOP; END $$;\nSELECT 1;",
      });
      succeeded(await here.up());
      assert.deepEqual(
        heard(here),
        Array.from({ length: 1000 }, (_, index) => `001_many:2 ${index + 1}`),
      );
    });

    test("those of a deferred trigger belong to the migration, and those of pgstep's own work are not heard", async () => {
      const here = await make({
        "001_late.sql":
          "CREATE TABLE t (n int); CREATE FUNCTION speak() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'late'; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER s AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION speak(); INSERT INTO t VALUES (1);",
        "002_alone.sql": "CREATE INDEX CONCURRENTLY t_n ON t (n);",
        "003_alone.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);",
      });
      succeeded(await here.up());
      assert.deepEqual(heard(here), ["001_late:- late", '003_alone:1 relation "t_n" already exists, skipping']);
    });
  });
}
