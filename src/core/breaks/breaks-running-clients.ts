import { FOR_CLIENTS } from "../check/recipes.ts";
import type { CheckRule } from "../check/rule.ts";
import { several } from "../check/words.ts";
import type { TracedFile, TracedStatement } from "../trace/trace.ts";
import { brokenRelations } from "./broken-relations.ts";
import { ambiguousFunctions, type Break, brokenThings } from "./broken-things.ts";
import { lostAccess } from "./lost-access.ts";
import { refusedWrites } from "./refused-writes.ts";

export const breaksRunningClients: CheckRule = {
  id: "breaks-running-clients",
  group: "safety",
  title: "Breaks running clients",
  why: "The programs that run during the deployment still use the old schema: their queries fail from COMMIT until they are replaced.",
  recipe: FOR_CLIENTS.table,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t RENAME TO u" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t RENAME COLUMN n TO m" },
      { given: "CREATE TABLE t (n int, m int)", sql: "ALTER TABLE t DROP COLUMN m" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE text" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL" },
      { given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n e)", sql: "ALTER TYPE e RENAME VALUE 'a' TO 'b'" },
      { given: "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", sql: "DROP FUNCTION f(int)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ENABLE ROW LEVEL SECURITY" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (false)",
      },
      {
        given: "CREATE TABLE t (n int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (true)",
        sql: "CREATE POLICY q ON t AS RESTRICTIVE USING (n > 0)",
      },
      {
        given: "CREATE TABLE t (n int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (n > 0)",
        sql: "ALTER POLICY p ON t USING (n > 0 AND n < 9)",
      },
      {
        given: "CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t; GRANT SELECT ON v TO PUBLIC",
        sql: "ALTER VIEW v SET (security_invoker = true)",
      },
      { given: "CREATE TABLE t (n int)", sql: "CREATE PUBLICATION p FOR TABLE t" },
      { given: "CREATE TABLE t (n int UNIQUE)", sql: "ALTER TABLE t DROP CONSTRAINT t_n_key" },
      { given: "CREATE TYPE c AS (a int); CREATE TABLE t (n c)", sql: "ALTER TYPE c RENAME ATTRIBUTE a TO b CASCADE" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ADD COLUMN m int; ALTER TABLE t ADD CHECK (m IS NOT NULL) NOT VALID",
      },
      {
        given:
          "CREATE TABLE t (n int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''read only''; END'",
        sql: "CREATE TRIGGER tr BEFORE INSERT OR DELETE ON t EXECUTE FUNCTION f()",
      },
      { given: "CREATE TABLE t (n int)", sql: "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING" },
      { given: "CREATE TABLE t (id serial)", sql: "ALTER SEQUENCE t_id_seq RESTART" },
      {
        given: "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        sql: "CREATE FUNCTION f(int, int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT 2'",
      },
      { given: "CREATE EXTENSION citext", sql: "DROP EXTENSION citext" },
      {
        given: "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        sql: "REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT * FROM u" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE bigint" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL DEFAULT 0" },
      { given: "CREATE VIEW v AS SELECT 1 AS n", sql: "DROP VIEW v; CREATE VIEW v AS SELECT 1 AS n, 2 AS m" },
      {
        given: "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        sql: "DROP FUNCTION f(int); CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
      },
      { given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n e)", sql: "ALTER TYPE e ADD VALUE 'b'" },
      { given: "CREATE TYPE c AS (a int); CREATE TABLE t (n c)", sql: "ALTER TYPE c ADD ATTRIBUTE b int CASCADE" },
      { given: "CREATE TABLE t (n int)", sql: "REVOKE ALL ON t FROM PUBLIC" },
      {
        given:
          "CREATE TABLE t (n int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n < 0 THEN RAISE EXCEPTION ''negative''; END IF; RETURN NEW; END'",
        sql: "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
      },
      { given: "CREATE VIEW v AS SELECT 1 AS n", sql: "CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING" },
      { given: "CREATE TABLE t (id serial)", sql: "ALTER SEQUENCE t_id_seq RESTART WITH 1000" },
      { given: "CREATE TABLE t (id serial)", sql: "TRUNCATE t; SELECT setval('t_id_seq', 1, false)" },
      {
        given: "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        sql: "CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
      },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ADD CHECK (n IS NOT NULL) NOT VALID",
      },
      {
        given: "CREATE TABLE t (n int, CONSTRAINT c CHECK (n IS NOT NULL))",
        sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL, DROP CONSTRAINT c",
      },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (true)",
      },
      {
        given: "CREATE TABLE t (n int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (n > 0)",
        sql: "DROP POLICY p ON t; CREATE POLICY q ON t USING (n > 0 OR n < -9)",
      },
      {
        given: "CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t; GRANT SELECT ON t, v TO PUBLIC",
        sql: "ALTER VIEW v SET (security_invoker = true)",
      },
      {
        given: "CREATE TABLE t (n int UNIQUE); CREATE UNIQUE INDEX t_new ON t (n)",
        sql: "ALTER TABLE t DROP CONSTRAINT t_n_key",
      },
      {
        given: "CREATE TABLE t (n int PRIMARY KEY, n_new bigint NOT NULL); CREATE UNIQUE INDEX t_new ON t (n_new)",
        sql: "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY USING INDEX t_new; ALTER TABLE t RENAME n TO n_old; ALTER TABLE t RENAME n_new TO n",
      },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "CREATE PUBLICATION q FOR TABLE t" },
    ],
  },
  *find(file) {
    const broken = new Map<TracedStatement, Break[]>();
    const all = [brokenRelations, brokenThings, ambiguousFunctions, refusedWrites, brokenAccess];
    for (const one of all.flatMap((find) => [...find(file)])) {
      broken.set(one.by, [...(broken.get(one.by) ?? []), one]);
    }
    for (const statement of file.statements) {
      const breaks = broken.get(statement) ?? [];
      const [first] = breaks;
      const message = several(
        breaks.map(({ words }) => words),
        "changes",
      );
      if (first) yield { statement, message, recipe: first.recipe };
    }
  },
};

function* brokenAccess(file: TracedFile): Iterable<Break> {
  for (const { by, role, loss, isReplaced } of lostAccess(file)) {
    yield { by, words: `${role} ${loss}`, recipe: isReplaced ? FOR_CLIENTS.grant : FOR_CLIENTS.access };
  }
}
