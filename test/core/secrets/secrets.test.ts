import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { masked, maskedBeginning, maskedLine } from "../../../src/core/secrets/masking.ts";

describe("a secret in a text", () => {
  for (const [text, shown] of [
    ["postgres://u:s3cret@h/d", "postgres://u:***@h/d"],
    ["postgres://:s3/cr@et?@h/d", "postgres://:***@h/d"],
    ["?user=u&password=s3cret&sslmode=x", "?user=u&password=***&sslmode=x"],
    ["?options=-c%20app.password%3Ds3cret&x=y", "?options=-c%20app.password%3D***&x=y"],
    ["ALTER ROLE app PASSWORD 's3cret' VALID UNTIL 'infinity'", "ALTER ROLE app PASSWORD '***' VALID UNTIL 'infinity'"],
    ["CREATE ROLE a ENCRYPTED PASSWORD E'a\\'b''c'", "CREATE ROLE a ENCRYPTED PASSWORD E'***'"],
    ["PASSWORD U&'s3cret' UESCAPE '!' x", "PASSWORD U&'***' UESCAPE '!' x"],
    ["PASSWORD $$s3'cret$$ x", "PASSWORD $$***$$ x"],
    ["PASSWORD $a$s3$cret$a$ x", "PASSWORD $a$***$a$ x"],
    ["PASSWORD -- it's here\n 's3cret' x", "PASSWORD -- it's here\n '***' x"],
    ["PASSWORD 's3'\n 'cret' 'x'", "PASSWORD '***'\n '***' 'x'"],
    ["PASSWORD 's3cret\\' VALID UNTIL 'x'", "PASSWORD '***' VALID UNTIL 'x'"],
    ["OPTIONS (user 'u', password 's3cret')", "OPTIONS (user 'u', password '***')"],
    ["dblink_connect('host=h password=s3cret user=u')", "dblink_connect('host=h password=*** user=u')"],
    ["CONNECTION 'password=''s3 cret'' user=u'", "CONNECTION 'password=''***'' user=u'"],
    ["password = 's3 cret'", "password = '***'"],
    ["EXECUTE 'ALTER ROLE a PASSWORD ''s3''''cret'''", "EXECUTE 'ALTER ROLE a PASSWORD ''***'''"],
    ["EXECUTE E'ALTER ROLE a PASSWORD \\'s3cret\\' x'", "EXECUTE E'ALTER ROLE a PASSWORD \\'***\\' x'"],
    ["'PASSWORD ' || quote_literal('s3cret') || ' x'", "'PASSWORD ' || quote_literal('***') || ' x'"],
    ["concat('PASSWORD ', 's3cret')", "concat('PASSWORD ', '***')"],
    ["format('%I PASSWORD %L %s', 'a', 's3cret', 'x')", "format('%I PASSWORD %L %s', 'a', '***', 'x')"],
    ["format('PASSWORD %2$L FOR %1$I', 'a', 's3cret')", "format('PASSWORD %2$L FOR %1$I', 'a', '***')"],
    ["set_config('app.jwt_secret', 's3cret', true)", "set_config('app.jwt_secret', '***', true)"],
    ["set_config('app.user', 'u', true)", "set_config('app.user', 'u', true)"],
    ["SET app.password TO s3cret; x", "SET app.password TO ***; x"],
    ['{"password": "s3\\"cret", "x": "y"}', '{"password": "***", "x": "y"}'],
    ['column "password" => "s3cret"', 'column "password" => "***"'],
    ["Password=s3cret;Server=h;", "Password=***;Server=h;"],
    ["(password=s3cret)", "(password=***)"],
    ["PASSWORD 's3cret and a line that was cut", "PASSWORD '***"],
    ["PASSWORD ';s3cret' x", "PASSWORD '***' x"],
    ["it can't be: PASSWORD 's3cret' isn't allowed", "it can't be: PASSWORD '***' isn't allowed"],
  ] as const) {
    test(`is left out: ${text}`, () => {
      assert.equal(masked(text), shown);
      assert.equal(masked(shown), shown, "once is as good as twice");
    });
  }

  for (const text of [
    'password authentication failed for user "app"',
    'column "password" of relation "users" does not exist',
    "Set the password with --password-file.",
    "https://h:8080/@x and b@c",
    "Cannot connect to http://localhost:5432",
    "postgres://[::1]:5432/app me@home",
    "ALTER ROLE app PASSWORD NULL",
    "PASSWORD '' VALID UNTIL 'infinity'",
    "OPTIONS (password '', user 'u')",
    "PASSWORD :'variable'",
    `PASSWORD '\${placeholder}'`,
    "SELECT 'password', 'x'",
    "COMMENT ON COLUMN users.password IS 'salted'",
    "SET password_encryption = 'scram-sha-256'",
    "WHERE password = $1 AND x = 'y'",
    "Unexpected token 'x'",
    'set "secret": false for it',
    "Write password=... or password=<password>",
    "psql --password -h x",
    "SELECT format('%s has %L', 'a', 'b')",
  ]) {
    test(`is not seen where there is none: ${text}`, () => assert.equal(masked(text), text));
  }

  test("is masked character by character where columns count, with what came before taken into account", () => {
    assert.equal(maskedLine("PASSWORD 's3😀t' x postgres://u:pw@h"), "PASSWORD '****' x postgres://u:**@h");
    assert.equal(maskedLine("s3cret' x", "PASSWORD '"), "******' x");
    assert.equal(maskedLine("'s3cret' x", "PASSWORD\n"), "'******' x");
    assert.equal(maskedLine("s3\ncret$$ x", "PASSWORD $$"), "**\n****$$ x");
    assert.equal(maskedLine("'s3cret' x"), "'s3cret' x");
  });

  test("that a cut text only begins is masked to its end", () => {
    assert.equal(maskedBeginning("connect postgres://u:12"), "connect postgres://u:***");
    assert.equal(maskedBeginning("connect postgres://u:s3c"), "connect postgres://u:***");
    assert.equal(maskedBeginning("PASSWORD E'ab\\"), "PASSWORD E'***");
  });
});

/** The secret as each kind of quotes holds it. */
const QUOTED: Readonly<Record<string, (secret: string) => string>> = {
  "'..'": (secret) => `'${secret.replaceAll("'", "''")}'`,
  "E'..'": (secret) => `E'${secret.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
  "U&'..'": (secret) => `U&'${secret.replaceAll("'", "''")}'`,
  "$tag$..$tag$": (secret) => `$tag$${secret}$tag$`,
  "''..'' inside another": (secret) => `''${secret.replaceAll("'", "''''")}''`,
};

describe("any password", () => {
  // What stands behind a backslash depends on a setting that no text tells; what looks like no value is spared.
  const secret = fc
    .string({ minLength: 1, maxLength: 12 })
    .filter((text) => !/[\\$\n\r]/.test(text) && /^[\p{L}\p{N}]/u.test(text))
    .map((text) => `s3cr${text}t`);

  for (const [kind, quoted] of Object.entries(QUOTED)) {
    test(`in ${kind} is masked, and nothing else`, () => {
      fc.assert(
        fc.property(secret, (value) => {
          const written = quoted(value);
          const [open = ""] = /^(?:E|U&)?'+|^\$tag\$/.exec(written) ?? [];
          const close = open.replace(/^(?:E|U&)/, "");
          for (const [before, behind] of [
            ["ALTER ROLE a PASSWORD ", " VALID UNTIL 'infinity'; SELECT 1"],
            ["OPTIONS (user 'u', password ", ", host 'h')"],
          ] as const) {
            assert.equal(masked(before + written + behind), `${before}${open}***${close}${behind}`);
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  test("in a text cut anywhere shows no more of itself than that text has before it", () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...Object.values(QUOTED)), fc.nat(), (value, quoted, cut) => {
        const text = `ALTER ROLE a PASSWORD ${quoted(value)} x`;
        const beginning = text.slice(0, cut % (text.length + 1));
        assert.ok(!/s3cr/.test(maskedBeginning(beginning)), maskedBeginning(beginning));
      }),
      { numRuns: 500 },
    );
  });
});
