import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OlderFiles, withSyntaxOf } from "../../../src/engine/check/older-files.ts";
import { readMigrations } from "../../../src/engine/files/read-migrations.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import type { TrialNote } from "../../../src/engine/shadow/trial-start.ts";
import { builtParser } from "../../support/sql-parser.ts";
import { type ServerWorld, world } from "../support.ts";

const FILES = {
  "001_a.sql": "CREATE TABLE a (); slect 1;",
  "001_a.down.sql": "DROP TABLE a;",
  "002_b.sql": "COPY a FROM stdin;\n\\.\n",
};

/** A context with the texts that its parser has read. */
async function counting({ context }: ServerWorld): Promise<DatabaseContext & { readonly parsed: string[] }> {
  const parser = await builtParser();
  const parsed: string[] = [];
  const parse = (text: string) => {
    parsed.push(text);
    return parser.parse(text);
  };
  return { ...context, parsed, sqlParser: async () => ({ major: parser.major, parse }) };
}

/** A note as it is kept beside an image. */
class Note implements TrialNote {
  text: string | undefined;
  read = () => this.text;
  keep(text: string): void {
    this.text = text;
  }
}

describe("what the text of older migrations says", () => {
  test("is read once, as long as no file has changed", async () => {
    const here = await world(FILES);
    const note = new Note();
    const inspect = async () => {
      const context = await counting(here);
      const older = new OlderFiles(readMigrations(context).migrations, () => note);
      const found = await older.inspect(context);
      older.keep();
      return { found, parsed: context.parsed.length };
    };
    const first = await inspect();
    assert.equal(first.parsed, 4);
    assert.deepEqual(
      first.found.findings.map(({ rule, place }) => [rule, place?.path?.split("/").at(-1), place?.line]),
      [["syntax", "001_a.sql", 1]],
    );
    assert.deepEqual(first.found.syntax?.unparsed, [{ reason: "copy-rows", statements: 1 }]);
    assert.deepEqual(await inspect(), { ...first, parsed: 0 });
    here.write({ ...FILES, "001_a.down.sql": "DROP TABLE a; slect 2;" });
    const changed = await inspect();
    assert.deepEqual([changed.parsed, changed.found.findings.length], [5, 2]);
  });

  test("is not kept before their database is", async () => {
    const context = await counting(await world(FILES));
    const { migrations } = readMigrations(context);
    let note: Note | undefined;
    const older = new OlderFiles(migrations, () => note);
    await older.inspect(context);
    older.keep();
    note = new Note();
    older.keep();
    assert.deepEqual((await new OlderFiles(migrations, () => note).inspect(context)).findings.length, 1);
    assert.equal(context.parsed.length, 4);
  });
});

test("the syntax of two groups of files is counted together", () => {
  const one = { parser: 18, parsed: 2, unparsed: [{ reason: "large", statements: 1 }] } as const;
  const other = { parser: 18, parsed: 3, unparsed: [{ reason: "large", statements: 4 }] } as const;
  assert.deepEqual(withSyntaxOf(one, other), {
    ...one,
    parsed: 5,
    unparsed: [{ reason: "large", statements: 5 }],
  });
  assert.deepEqual([withSyntaxOf(undefined, other), withSyntaxOf(one, undefined)], [other, one]);
});
