import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Output, type Variables } from "../../../src/adapters/output/output.ts";
import { ProgressLine, progressText } from "../../../src/adapters/text-report/progress-line.ts";
import { displayWidth } from "../../../src/core/text/display.ts";
import { until } from "../../support/until.ts";

const INDEX = {
  subject: "[2/4] Applying 002_index_users_by_their_names",
  shortSubject: "[2/4] 002_index_users_by_their_names",
  done: 2,
  statements: 10,
  rows: 1_234_567,
  remark: "building index: scanning table, 47 % of blocks",
};

describe("the line of progress", () => {
  test("says as much as its columns hold", () => {
    const text = (columns: number) => progressText(INDEX, 65_400, columns, "…");
    assert.equal(
      text(200),
      "[2/4] Applying 002_index_users_by_their_names, statement 3 of 10, 1,234,567 rows, 1 min 5 s, building index: scanning table, 47 % of blocks",
    );
    assert.equal(text(80), "[2/4] 002_index_users_by_their_names, 3/10, 1 min 5 s, 47 %");
    assert.equal(text(40), "[2/4] 002_index_…, 3/10, 1 min 5 s, 47 %");
    for (let columns = 1; columns < 200; columns++) assert.ok(displayWidth(text(columns)) <= columns, `${columns}`);
  });

  test("spells control characters out and counts wide letters as two columns", () => {
    const text = progressText({ subject: "漢字漢字漢字漢字漢字\n\x1b[2J" }, 1_000, 24, "...");
    assert.ok(displayWidth(text) <= 24);
    assert.doesNotMatch(text, /\p{Cc}/u);
  });

  /** Starts a line whose work began that long ago, and gives what is written. */
  function started(variables: Variables, sinceMs: number, isTTY = true) {
    const parts: string[] = [];
    const output = new Output(
      { write: (text) => parts.push(text), isTTY, columns: 80 },
      { quiet: false, verbose: false, color: "never", ascii: false, variables },
    );
    const line = new ProgressLine(output, variables);
    line.start({ subject: "Applying 1_a", statements: 2 }, sinceMs);
    return { line, parts };
  }

  /** Long enough for several redraws. */
  const aWhile = () => new Promise((resolve) => setTimeout(resolve, 300));

  test("shows after a second, changes when it has something new to say, and goes before other output", async () => {
    const { line, parts } = started({}, 1_000);
    await until(() => parts.length > 0);
    line.statementDone(1, 5);
    line.erase();
    await until(() => parts.length > 2);
    line.stop();
    const written = parts.map((part) => part.replace(/\d+ s$/, "N s"));
    assert.deepEqual(written, [
      "\r\x1b[KApplying 1_a, statement 1 of 2, N s",
      "\r\x1b[K",
      "\r\x1b[KApplying 1_a, statement 2 of 2, 5 rows, N s",
      "\r\x1b[K",
    ]);
  });

  test("is not there for what is quick, nor where nobody looks", async () => {
    const quick = started({}, -60_000);
    const nobody = [{ CI: "true" }, { GITHUB_ACTIONS: "true" }, { JENKINS_URL: "http://x" }, { TERM: "dumb" }];
    const unseen = [...nobody.map((variables) => started(variables, 60_000)), started({}, 60_000, false)];
    const seen = started({ CI: "false" }, 60_000);
    await until(() => seen.parts.length > 0);
    await aWhile();
    for (const { line } of [quick, ...unseen, seen]) line.stop();
    assert.deepEqual(
      [quick, ...unseen].flatMap(({ parts }) => parts),
      [],
    );
  });
});
