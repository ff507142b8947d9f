import assert from "node:assert/strict";
import { test } from "node:test";
import { typeChange } from "../../../src/core/trace/type-change.ts";

const CHANGES: readonly (readonly [before: string, after: string, words: string])[] = [
  ["integer", "bigint", ""],
  ["bigint", "integer", "fails breaks"],
  ["boolean", "integer", "breaks"],
  ["boolean", "bigint", "fails breaks"],
  ["integer", "text", "breaks"],
  ["text", "integer", "fails breaks"],
  ["integer", "numeric", "breaks"],
  ["character varying(10)", "character varying(20)", ""],
  ["character varying(20)", "character varying(10)", "fails breaks"],
  ["character varying(20)", "text", ""],
  ["text", "character varying", ""],
  ["text", "character varying(20)", "fails breaks"],
  ["character varying(10)[]", "text[]", ""],
  ["text[]", "text", "breaks"],
  ["public.citext", "text", ""],
  ["public.mood", "text", ""],
  ["text", "public.mood", "fails breaks"],
  ["numeric(10,2)", "numeric(12,2)", ""],
  ["numeric(10,2)", "numeric", ""],
  ["numeric(10,2)", "numeric(10,4)", "fails breaks"],
  ["numeric(10,2)", "numeric(10,1)", "loses breaks"],
  ["numeric", "numeric(10,2)", "fails loses breaks"],
  ["numeric(10,2)", "integer", "loses breaks"],
  ["numeric(20,2)", "integer", "fails loses breaks"],
  ["double precision", "real", "fails loses breaks"],
  ["real", "double precision", ""],
  ["bigint", "double precision", "loses breaks"],
  ["timestamp without time zone", "timestamp with time zone", ""],
  ["timestamp without time zone", "date", "loses breaks"],
  ["timestamp without time zone", "timestamp(0) without time zone", "loses breaks"],
  ["date", "timestamp without time zone", ""],
  ["interval(3)", "interval", ""],
  ["interval(0)", "interval(6)", ""],
  ["interval", "interval(3)", "loses breaks"],
  ["json", "jsonb", ""],
  ["jsonb", "json", "breaks"],
  ["cidr", "inet", ""],
  ["inet", "cidr", "fails breaks"],
  ["uuid", "text", "breaks"],
  ["bit varying(8)", "bit varying(4)", "fails breaks"],
];

test("a changed type fails, loses values or breaks clients", () => {
  for (const [before, after, words] of CHANGES) {
    const { fails, loses, breaks } = typeChange(before, after);
    const found = [fails && "fails", loses && "loses", breaks && "breaks"].filter(Boolean).join(" ");
    assert.equal(found, words, `${before} -> ${after}`);
  }
});
