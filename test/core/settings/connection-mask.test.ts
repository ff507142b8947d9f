import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { maskConnection } from "../../../src/core/settings/connection-mask.ts";

describe("what names a database, as it may be shown", () => {
  test("is without passwords, wherever they stand", () => {
    const cases: readonly (readonly [given: string, shown: string])[] = [
      ["postgres://me:secret@host:5432/app?sslmode=require", "postgres://me:***@host:5432/app?sslmode=require"],
      ["postgresql://me@host/app", "postgresql://me@host/app"],
      ["POSTGRES://me:secret@host", "POSTGRES://me:***@host"],
      ["postgres://host:5432/app", "postgres://host:5432/app"],
      ["postgres://a:secret@h1:1,h2:2/app", "postgres://a:***@h1:1,h2:2/app"],
      [
        "postgres:///app?user=me&password=secret&sslpassword=secret2",
        "postgres:///app?user=me&password=***&sslpassword=***",
      ],
      ["host=h password=secret user=me", "host=h password=*** user=me"],
      ["password = 'sec ret \\' x' host=h", "password = *** host=h"],
      ["host=h password=sec\\ ret", "host=h password=***"],
      // A name that is not known may be a misspelt one.
      ["host=h pasword=secret user=me", "host=h pasword=*** user=me"],
      ["postgres:///app?pasword=secret&user=me", "postgres:///app?pasword=***&user=me"],
      ["postgres:///app?p%61ssword=secret", "postgres:///app?p%61ssword=***"],
      ["options='-c app.password=secret -c a=b' host=h", "options='-c app.password=*** -c a=b' host=h"],
      ["postgres:///app?options=-c%20app.password%3Dsecret&user=me", "postgres:///app?options=***&user=me"],
      ["postgres:///app?options=-c%20search_path%3Da&user=me", "postgres:///app?options=-c%20search_path%3Da&user=me"],
      [" host = h  user = me ", " host = h  user = me "],
      ["pglite:./data", "pglite:./data"],
      ["pglite:memory", "pglite:memory"],
    ];
    for (const [given, shown] of cases) assert.equal(maskConnection(given), shown);
  });

  test("shows nothing of what cannot be read", () => {
    assert.equal(maskConnection("postgres://me:sec%ret@host/app"), "***");
    assert.equal(maskConnection("me:secret@host"), "***");
    assert.equal(maskConnection("host=h password='secret"), "***");
  });

  test("never shows a password, whatever characters it has", () => {
    const password = fc.string({ minLength: 1, maxLength: 8 }).map((text) => `<${text}>SECRET`);
    fc.assert(
      fc.property(password, (secret) => {
        assert.doesNotMatch(maskConnection(`postgres://me:${secret}@host/app`), /SECRET/);
        assert.doesNotMatch(maskConnection(`postgres://me:${encodeURIComponent(secret)}@host/app`), /SECRET/);
        assert.doesNotMatch(maskConnection(`postgres://host/app?password=${encodeURIComponent(secret)}`), /SECRET/);
        const quoted = secret.replace(/['\\]/g, "\\$&");
        assert.doesNotMatch(maskConnection(`host=h password='${quoted}' user=me`), /SECRET/);
      }),
      { numRuns: 500 },
    );
  });
});
