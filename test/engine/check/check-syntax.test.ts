import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../src/core/configuration/settings.ts";
import type { ValidationReport } from "../../../src/core/reports/report.ts";
import { validate } from "../../../src/engine/check/validate.ts";
import type { Context } from "../../../src/engine/session/context.ts";
import type { SqlParser } from "../../../src/ports/sql-parser.ts";
import { temporaryPlace } from "../../support/place.ts";
import { builtParser } from "../../support/sql-parser.ts";
import { type Files, world } from "../support.ts";

const parser = await builtParser();

async function validated(files: Files, settings: Partial<Settings> = {}): Promise<ValidationReport> {
  const place = temporaryPlace("syntax", files);
  const context: Context = {
    settings: { ...DEFAULT_SETTINGS, directory: join(place, "migrations"), ...settings },
    fileSystem: disk,
    clock: systemClock,
    emit: () => {},
    signal: new AbortController().signal,
    toolVersion: "test",
    sqlParser: async () => parser,
  };
  return await validate(context, undefined);
}

function told({ findings }: ValidationReport): string[] {
  return findings.map(({ rule, severity, message, place }) => {
    const where = [place?.path.split("/").slice(-2).join("/"), place?.line, place?.column].join(":");
    return `${where} ${severity} ${rule}: ${message}`;
  });
}

/** What is said of one migration. */
const toldOf = async (text: string, settings?: Partial<Settings>) =>
  told(await validated({ "migrations/1_a.sql": text }, settings)).map((line) =>
    line.replace("migrations/1_a.sql:", ""),
  );

const unparsed = async (text: string, settings?: Partial<Settings>) =>
  (await validated({ "migrations/1_a.sql": text }, settings)).syntax?.unparsed;

describe("validate checks the syntax", () => {
  test("of migrations, down scripts, repeatable migrations, hooks and seeds", async () => {
    const report = await validated({
      "migrations/1_a.sql": "SELECT 1;\n  slect 2;",
      "migrations/1_a.down.sql": "DROP TABEL t;",
      "repeatable/v.sql": "CREATE VIEW v AS SELECT FROM FROM;",
      "hooks/before-up.sql": "SELECT 1 +;",
      "seeds/1_rows.sql": "INSERT INTO t VALUES (1,);",
    });
    assert.deepEqual(told(report), [
      'hooks/before-up.sql:1:11 error syntax: syntax error at or near ";"',
      'migrations/1_a.down.sql:1:6 error syntax: syntax error at or near "TABEL"',
      'migrations/1_a.sql:2:3 error syntax: syntax error at or near "slect"',
      'repeatable/v.sql:1:30 error syntax: syntax error at or near "FROM"',
      'seeds/1_rows.sql:1:25 error syntax: syntax error at or near ")"',
    ]);
    assert.deepEqual(report.syntax, { parser: 18, parsed: 6, unparsed: [] });
  });

  test("with the line of the error, and the word that was meant", async () => {
    const { findings } = await validated({
      "migrations/1_a.sql": "SELECT 1; SELECT 'ä🙂'\n\n, b FROM t x y; SELECT 2;\nslect",
    });
    assert.deepEqual(
      findings.map(({ place, hint }) => [place?.line, place?.column, place?.sourceLine, place?.sourceBefore, hint]),
      [
        [3, 14, ", b FROM t x y; SELECT 2;", "SELECT 'ä🙂'\n\n", undefined],
        [4, 1, "slect", undefined, "Did you mean SELECT?"],
      ],
    );
  });

  test("of what is sent to the server, and finds the place in the file", async () => {
    const file = `-- Placeholders: on\nSELECT '\${long}', \${short} FROM t x y;`;
    assert.deepEqual(await toldOf(file, { placeholders: { long: "long".repeat(20), short: "a" } }), [
      '2:37 error syntax: syntax error at or near "y"',
    ]);
    // A value may be what is wrong.
    assert.deepEqual(await toldOf(file.replace(" x y", ""), { placeholders: { long: "", short: "a b c" } }), [
      '2:19 error syntax: syntax error at or near "c"',
    ]);
  });

  test("masks the values of secret placeholders", async () => {
    const file = `-- Placeholders: on\nSELECT 1 FROM t x '\${secret}';`;
    assert.deepEqual(await toldOf(file, { placeholders: { secret: "geheimnis" } }), [
      `2:19 error syntax: syntax error at or near "'***'"`,
    ]);
  });

  test("not of statements whose placeholders have no value", async () => {
    const file = `-- Placeholders: on\nCREATE TABLE \${name} (a int);\nSELECT 1;`;
    assert.deepEqual(await toldOf(file), [`2:14 error placeholder: the placeholder \${name} has no value`]);
    const elsewhere = `-- Environment: production\n${file}`;
    assert.deepEqual(await toldOf(elsewhere), []);
    assert.deepEqual(await unparsed(elsewhere), [{ reason: "placeholders", statements: 1 }]);
    // Without the header the text is sent as it is.
    assert.deepEqual(await toldOf(`SELECT \${name};`), ['1:8 error syntax: syntax error at or near "$"']);
  });

  test("not of other errors' statements, psql's commands and rows", async () => {
    const file = "\\restrict x\nSELECT 'open;\n";
    assert.deepEqual(await toldOf(file), ["2:8 error unterminated-quote: the string that starts here is never closed"]);
    const copy = "COPY t FROM stdin;\nslect 1;\n\\.\nCOPY t FROM stdin;\n\\.\nSELECT 1;";
    assert.deepEqual(await toldOf(copy), []);
    assert.deepEqual(await unparsed(copy), [{ reason: "copy-rows", statements: 2 }]);
  });

  test("not of what the parser cannot read as the server would, and says so", async () => {
    const large = `SELECT '${"x".repeat(1_000_000)}' slect slect;`;
    assert.deepEqual(await unparsed(`${large}SELECT 1;${large}`), [{ reason: "large", statements: 2 }]);
    assert.deepEqual(await unparsed(`SELECT 1${"+1".repeat(100_000)};`), [{ reason: "parser", statements: 1 }]);
    const strings = "SET standard_conforming_strings = off;\nSELECT 'it\\'s';\nSELECT 'a';\nSELECT 1 1;";
    assert.deepEqual(await unparsed(strings), [{ reason: "strings", statements: 1 }]);
    assert.deepEqual(await toldOf(strings), ['4:10 error syntax: syntax error at or near "1"']);
  });

  test("with warnings if the server is newer than the parser", async () => {
    // The same parser, as if it came from the release before the server's.
    const older: SqlParser = { major: 17, parse: (text) => parser.parse(text) };
    const { context, database } = await world({ "1_a.sql": "slect 1;" });
    for (const [one, severity, hint] of [
      [older, "warning", "The server's PostgreSQL 18 may accept it: this parser is that of PostgreSQL 17."],
      [parser, "error", "Did you mean SELECT?"],
    ] as const) {
      const { findings } = await validate({ ...context, sqlParser: async () => one }, database);
      assert.deepEqual(
        findings.map((found) => [found.rule, found.severity, found.hint]),
        [["syntax", severity, hint]],
      );
    }
  });

  test("not without a parser", async () => {
    const { context } = await world({ "1_a.sql": "slect 1;" });
    const { findings, syntax } = await validate({ ...context, sqlParser: async () => undefined }, undefined);
    assert.deepEqual([findings, syntax], [[], undefined]);
  });
});
