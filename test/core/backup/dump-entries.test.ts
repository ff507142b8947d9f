import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dumpEntries } from "../../../src/core/backup/dump-entries.ts";
import { dispensable, ownerIn, rolesIn, sectionText } from "../../../src/core/backup/schema-statements.ts";

const TEXT = `SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- TOC entry 6 (class 2615 OID 16385)
-- Name: a; Type: TABLE; Schema: b; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA a;


ALTER SCHEMA a OWNER TO postgres;

SET default_tablespace = '';

--
-- TOC entry 217 (class 1255 OID 16391)
-- Name: f(); Type: FUNCTION; Schema: a; Owner: -
--

CREATE FUNCTION a.f() RETURNS text LANGUAGE sql AS $$SELECT '
--
-- TOC entry 1 (class 1 OID 1)
-- Name: fake; Type: TABLE; Schema: public; Owner: -
--
'; SET default_tablespace = 'x';$$;


--
-- TOC entry 3295 (class 0 OID 0)
-- Dependencies: 217 218
-- Name: FUNCTION f(); Type: COMMENT; Schema: a; Owner: -
--

COMMENT ON FUNCTION a.f() IS 'c; GRANT x TO y;';
`;

describe("the entries of pg_dump's text", () => {
  test("have the row of the catalog and their statements, and no settings of the session", () => {
    const entries = dumpEntries(TEXT).map(({ id, oid, needs, name, type, schema, statements }) => {
      return [id, oid, needs.join(), name, type, schema, statements.length];
    });
    assert.deepEqual(entries, [
      [6, "16385", "", "a; Type: TABLE; Schema: b", "SCHEMA", "-", 2],
      [0, "0", "", "", "SET", "", 1],
      [217, "16391", "", "f()", "FUNCTION", "a", 1],
      [3295, "0", "217,218", "FUNCTION f()", "COMMENT", "a", 1],
    ]);
  });

  test("stay as they are in a section, whose settings end with the transaction", () => {
    const section = sectionText(TEXT);
    assert.doesNotMatch(section, /statement_timeout|search_path/);
    assert.match(section, /\nSET LOCAL default_tablespace = '';\n/);
    assert.match(section, /'; SET default_tablespace = 'x';\$\$;/);
    assert.equal(sectionText("SET a = 1;\n"), "");
  });
});

describe("a statement that a restore can do without", () => {
  test("sets owners or privileges, or is for superusers alone", () => {
    assert.equal(dispensable('ALTER FUNCTION a.f() OWNER TO "b ""c";'), "owner");
    assert.equal(ownerIn('ALTER FUNCTION a.f() OWNER TO "b ""c";'), 'b "c');
    assert.equal(ownerIn("ALTER TABLE a ALTER b SET DEFAULT ' OWNER TO c;';"), undefined);
    assert.equal(dispensable("GRANT SELECT ON TABLE a TO b;"), "privilege");
    assert.equal(dispensable("CREATE EVENT TRIGGER a ON sql_drop EXECUTE FUNCTION b();"), "other");
    assert.equal(dispensable("CREATE TABLE a (b int DEFAULT 1);"), undefined);
    assert.deepEqual(
      rolesIn(["ALTER TABLE a OWNER TO z;", 'GRANT ALL ON a TO "B" WITH GRANT OPTION;', "GRANT ALL ON a TO PUBLIC;"]),
      ["B", "z"],
    );
  });
});
