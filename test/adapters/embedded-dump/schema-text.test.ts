import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { schemaText } from "../../../src/adapters/embedded-dump/schema-text.ts";

const dumped = (...objects: string[]) => `--
-- PostgreSQL database dump
--

\\restrict aB3

-- Dumped from database version 15.20
-- Dumped by pg_dump version 18.3

SET lock_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

${objects.join("\n")}
--
-- PostgreSQL database dump complete
--

\\unrestrict aB3

`;
const object = (text: string) => `--\n-- Name: x; Type: X; Schema: public; Owner: -\n--\n\n${text}\n\n`;
const START = "SET lock_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n";

describe("the text of a schema dump", () => {
  test("has no versions, no command of psql, and no setting that servers before 17 lack", () => {
    assert.equal(
      schemaText(dumped(object("CREATE TABLE public.x ();"))),
      `${START}\n${object("CREATE TABLE public.x ();").trimEnd()}\n`,
    );
    assert.equal(schemaText(dumped()), `${START}\n`);
  });

  test("keeps everything else that looks alike", () => {
    const body = `CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ SELECT '
\\restrict x
SET transaction_timeout = 0;
-- Dumped from database version 1
--
-- PostgreSQL database dump complete
--
' $$;`;
    assert.ok(schemaText(dumped(object(body))).endsWith(`${body}\n`));
  });

  test("has no stamps of columns, but their other options", () => {
    const set = (options: string) => `ALTER TABLE ONLY public."a SET (" ALTER COLUMN b SET (${options});`;
    const function_ = `CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ SELECT '\n${set("pg_attver=1")}' $$;`;
    const text = schemaText(
      dumped(
        object(`CREATE TABLE public."a SET (" (\n    b integer\n);\n${set("pg_attver=1")}\n${set("pg_attver=2")}`),
        object(`CREATE TABLE public.c ();\n${set("pg_attver=22158952, n_distinct=5")}\n${set("n_distinct=5")}`),
        object(function_),
      ),
    );
    assert.equal(
      text,
      `${START}\n${[
        object(`CREATE TABLE public."a SET (" (\n    b integer\n);`),
        object(`CREATE TABLE public.c ();\n${set("n_distinct=5")}\n${set("n_distinct=5")}`),
        object(function_).trimEnd(),
      ].join("\n")}\n`,
    );
  });
});
