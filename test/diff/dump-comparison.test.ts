import assert from "node:assert/strict";
import { test } from "node:test";
import { differingEntries, dumpDifferences } from "./dump-comparison.ts";

const TABLE = entry("orders; Type: TABLE", "CREATE TABLE public.orders (\n    id integer,\n    total integer\n);");
const INDEX = entry("orders_total; Type: INDEX", "CREATE INDEX orders_total ON public.orders USING btree (total);");
const FUNCTION = entry("one(); Type: FUNCTION", "CREATE FUNCTION public.one() RETURNS integer\n    RETURN 1;");

function entry(heading: string, text: string): string {
  return `--\n-- Name: ${heading}; Schema: public; Owner: postgres\n--\n\n${text}\n\n\n`;
}

function dump(...entries: readonly string[]): string {
  return `--\n-- PostgreSQL database dump\n--\n\n${entries.join("")}--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict truth\n`;
}

test("an entry is the same at the end of a dump", () => {
  assert.deepEqual(dumpDifferences(dump(TABLE), dump(TABLE, INDEX)), [
    "lacks CREATE INDEX orders_total ON public.orders USING btree (total);",
  ]);
  assert.deepEqual(differingEntries(dump(TABLE), dump(TABLE, INDEX)), ["INDEX orders_total"]);
});

test("the order of columns makes no difference", () => {
  const other = TABLE.replace("    id integer,\n    total integer", "    total integer,\n    id integer");
  assert.deepEqual(differingEntries(dump(TABLE, INDEX), dump(other, INDEX)), []);
});

test("the order of grants makes no difference, their grantor does", () => {
  const [one, other] = ["a", "b"].map((role) => `GRANT SELECT ON TABLE public.orders TO ${role};`);
  const acl = (text: string) => dump(entry("TABLE orders; Type: ACL", text));
  assert.deepEqual(differingEntries(acl(`${one}\n${other}`), acl(`${other}\n${one}`)), []);
  const byOther = `SET SESSION AUTHORIZATION a;\n${other}\nRESET SESSION AUTHORIZATION;`;
  assert.deepEqual(differingEntries(acl(`${one}\n${byOther}`), acl(`${byOther}\n${one}`)), []);
  assert.deepEqual(differingEntries(acl(`${one}\n${byOther}`), acl(`${one}\n${other}`)), ["ACL TABLE orders"]);
});

test("entries that differ have one title", () => {
  const other = FUNCTION.replace("RETURN 1", "RETURN 2");
  assert.deepEqual(differingEntries(dump(TABLE, FUNCTION), dump(TABLE, other)), ["FUNCTION one()"]);
  const elsewhere = FUNCTION.replaceAll("public", "shop");
  assert.deepEqual(differingEntries(dump(FUNCTION, elsewhere), dump(FUNCTION)), ["FUNCTION one()"]);
});
