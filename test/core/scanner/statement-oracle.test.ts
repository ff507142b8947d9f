import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { loadModule } from "libpg-query";
import { ROOT } from "../../../build/runtimes.ts";
import { Lexer, TOKEN } from "../../../src/core/sql/lexer.ts";
import type { Piece, Statement } from "../../../src/core/sql/statement.ts";
import { parseStatements, sentToParser } from "./parser-oracle.ts";
import { chunked, pieces } from "./statement-outline.ts";

/*
 * Two oracles over files of other projects, which lie outside this repository: PostgreSQL 18's own parser says where
 * statements begin and end, and psql 15 has sent the statements of PostgreSQL's regression tests.
 */

const CORPORA = process.env.PGSTEP_CORPORA ?? join(ROOT, "..", "shared", "corpora");
const skip = existsSync(CORPORA) ? false : `${CORPORA} is not there`;
const CHUNK = 1000;

const statementsOf = (found: readonly Piece[]) =>
  found.filter((piece): piece is Statement => piece.kind === "statement");

/** Files with a syntax error of their own, and what the parser says of it. */
const UNPARSEABLE: Readonly<Record<string, RegExp>> = {
  "cratesio/plain/132_downloads_need_no_id.down.sql": /syntax error at or near "ALTER"/,
};

describe("borders as PostgreSQL's parser finds them", { skip }, () => {
  before(loadModule);

  const files = skip
    ? []
    : readdirSync(CORPORA)
        .map((corpus) => join(CORPORA, corpus, "plain"))
        .filter((directory) => existsSync(directory))
        .flatMap((directory) => readdirSync(directory).map((file) => join(directory, file)))
        .filter((file) => file.endsWith(".sql"));

  for (const file of files) {
    const name = file.slice(CORPORA.length + 1);
    test(name, () => {
      const text = readFileSync(file, "utf8");
      const found = pieces(chunked(text, CHUNK));
      assert.deepEqual(
        found.filter(({ kind }) => kind === "error"),
        [],
      );
      const { sql, borders } = sentToParser(found);
      const problem = UNPARSEABLE[name];
      if (problem) return assert.throws(() => parseStatements(sql), problem);
      const theirs = parseStatements(sql);
      assert.equal(borders.length, theirs.length);
      for (const [index, { start, end }] of borders.entries()) {
        const their = theirs[index];
        assert.ok(their && their.from <= start && (theirs[index - 1]?.end ?? 0) <= start, `start of ${index + 1}`);
        if (their.end !== undefined) assert.equal(end, their.end, `end of ${index + 1}`);
      }
    });
  }
});

interface Sent {
  readonly file: string;
  readonly statements: readonly string[];
}

/** A statement as psql and we can be compared: without blanks around it, and without the empty lines psql drops. */
function comparable(text: string): string {
  const lexer = new Lexer(text, { final: true, standardConformingStrings: true });
  let start: number | undefined;
  let end = 0;
  for (let token = lexer.next(); token !== TOKEN.end; token = lexer.next()) {
    if (token === TOKEN.space || token === TOKEN.comment) continue;
    start ??= lexer.start;
    end = lexer.end;
  }
  return text.slice(start ?? text.length, end).replace(/\n+/g, "\n");
}

describe("statements of PostgreSQL's regression tests as psql sends them", { skip }, () => {
  const directory = join(CORPORA, "regress");
  const lines = skip ? [] : readFileSync(join(directory, "statements.jsonl"), "utf8").split("\n");
  for (const line of lines) {
    if (line === "") continue;
    const sent: Sent = JSON.parse(line);
    test(sent.file, () => {
      const found = pieces(chunked(readFileSync(join(directory, sent.file), "utf8"), CHUNK));
      const expected = sent.statements.map(comparable).filter((text) => text !== "" && text !== ";");
      assert.deepEqual(
        statementsOf(found).map(({ text }) => comparable(text)),
        expected,
      );
      assert.deepEqual(
        found.filter(({ kind }) => kind === "error"),
        [],
      );
    });
  }
});
