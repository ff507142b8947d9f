import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Output, type Variables } from "../../../src/adapters/output/output.ts";
import { ProgressLine, progressText } from "../../../src/adapters/text-report/progress-line.ts";
import { displayWidth } from "../../../src/core/text/display.ts";
import { BLOCKER, PREPARED } from "../../support/all-reports.ts";
import { until } from "../../support/until.ts";

const NEVER = { firstMs: 1e9, thenMs: 1e9 };

const INDEX = {
  subject: "[2/4] Applying 002_index_users_by_their_names",
  shortSubject: "[2/4] 002_index_users_by_their_names",
  done: 2,
  statements: 10,
  rows: 1_234_567,
  note: "building index: scanning table, 47 % of blocks",
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

  test("names the session that blocks it, by its process alone where there is no room", () => {
    const blocked = { ...INDEX, blockers: { blockers: [BLOCKER], total: 26 } };
    assert.match(
      progressText(blocked, 65_400, 250, "…"),
      /, 47 % of blocks, blocked by process 8 \(psql, idle in transaction\) and 25 more$/,
    );
    assert.match(progressText(blocked, 65_400, 80, "…"), /names, 3\/10, 1 min 5 s, blocked by 8 and 25 more$/);
    const prepared = { ...INDEX, blockers: { blockers: [PREPARED], total: 1 } };
    assert.match(progressText(prepared, 65_400, 250, "…"), /, blocked by a prepared transaction$/);
  });

  /** Starts a line whose work began that long ago, and gives what is written. */
  function started(variables: Variables, sinceMs: number, isTTY = true, marks = NEVER, quiet = false) {
    const parts: string[] = [];
    const output = new Output(
      { write: (text) => parts.push(text), isTTY, columns: 80 },
      { quiet: false, verbose: false, color: "never", ascii: false, variables },
    );
    const line = new ProgressLine(output, variables, quiet, marks);
    line.start({ subject: "Applying 1_a", shortSubject: "1_a", statements: 2 }, sinceMs);
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

  /** The lines without their times. */
  const timeless = (parts: readonly string[]) => parts.map((part) => part.replace(/\b\d+ s\b/g, "N s"));
  const BLOCKED = { blockers: [BLOCKER], total: 1 };
  const SEEN = /blocked by process 8, user me, psql, idle in transaction for \d\d:\d\d:\d\d, 'LOCK TABLE t'/;

  describe("that nobody watches", () => {
    test("prints a line at each mark of a statement, then at each minute of the step", async () => {
      const { line, parts } = started({}, 0, false, { firstMs: 200, thenMs: 1_000 });
      await until(() => parts.length === 1);
      line.observe({ note: "building index, 47 % of blocks" });
      await until(() => parts.length === 2);
      line.statementDone(1, 5);
      line.observe({ note: undefined });
      await until(() => parts.length === 3);
      line.statementDone(2, 5);
      await until(() => parts.length === 4);
      line.stop();
      assert.deepEqual(timeless(parts), [
        "1_a: statement 1 of 2 has run for N s\n",
        "1_a: statement 1 of 2 has run for N s, building index, 47 % of blocks\n",
        "1_a: statement 2 of 2 has run for N s\n",
        "1_a: finishing, N s so far\n",
      ]);
    });

    test("prints a line each minute also while no statement is long", async () => {
      const { line, parts } = started({}, 0, false, { firstMs: 900, thenMs: 1_000 });
      for (let done = 0; parts.length === 0; done++) {
        line.statementDone(done % 2, 0);
        await aWhile();
      }
      line.stop();
      assert.match(parts[0] ?? "", /^1_a: statement [12] of 2, 1 s so far\n$/);
    });

    test("names who blocks it, with the age of that transaction by then, and the command that ends it", async () => {
      const { line, parts } = started({}, 0, false, { firstMs: 1_100, thenMs: 60_000 });
      line.observe({ blockers: { blockers: [BLOCKER, { ...BLOCKER, pid: 9, waitsFor: [8] }], total: 26 } });
      await until(() => parts.length === 1);
      line.stop();
      const lines = (parts[0] ?? "").split("\n");
      assert.match(lines[1] ?? "", SEEN);
      assert.doesNotMatch(lines[1] ?? "", /00:01:05/, "the age when it was seen");
      assert.equal(lines[2], "    to end it: SELECT pg_terminate_backend(8);");
      assert.match(lines[3] ?? "", /^ {2}blocked by process 9, .* \(itself waiting for 8\)$/);
      assert.deepEqual(lines.slice(4), ["  and 24 more", ""]);
    });

    test("names who blocks it also between two marks, once", async () => {
      const { line, parts } = started({}, 0, false, { firstMs: 100, thenMs: 60_000 });
      await until(() => parts.length === 1);
      line.observe({ blockers: BLOCKED });
      await until(() => parts.length === 2);
      line.observe({ blockers: { blockers: [{ ...BLOCKER, pid: 9 }], total: 1 } });
      await aWhile();
      line.stop();
      assert.match(
        parts[1] ?? "",
        /^1_a: statement 1 of 2 has run for \d s\n {2}blocked by process 8, .*\n {4}to end it/,
      );
      assert.equal(parts.length, 2);
    });

    test("prints nothing before the first mark, of marks that had passed before, nor when it is to be quiet", async () => {
      const early = started({}, 0, false);
      const late = started({}, 120_000, false, { firstMs: 100, thenMs: 60_000 });
      const quiet = [false, true].map((isTTY) => started({}, 0, isTTY, { firstMs: 1, thenMs: 1 }, true));
      const other = started({}, 0, false, { firstMs: 1, thenMs: 1 });
      await until(() => other.parts.length > 2);
      for (const { line } of [early, late, ...quiet, other]) line.stop();
      assert.deepEqual(
        [early, late, ...quiet].flatMap(({ parts }) => parts),
        [],
      );
    });
  });

  test("on a terminal has the session that blocks it printed above, once, and again when it is another", async () => {
    const { line, parts } = started({}, 0, true, { firstMs: 1, thenMs: 1_500 });
    const printed = () => parts.filter((part) => part.endsWith("\n"));
    const first = () => printed().filter((part) => part.includes("process 8,"));
    await until(() => parts.length > 0);
    assert.deepEqual(printed(), [], "nothing without a blocker");
    line.observe({ blockers: BLOCKED });
    await until(() => first().length === 1);
    assert.match(first()[0] ?? "", /^1_a: statement 1 of 2 has run for \d s\n {2}blocked by process 8, /);
    line.observe({ blockers: { blockers: [{ ...BLOCKER, pid: 9 }], total: 1 } });
    await until(() => printed().length === 2);
    line.stop();
    assert.match(printed()[1] ?? "", /blocked by process 9/);
    assert.equal(first().length, 1);
  });
});
