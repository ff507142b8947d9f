import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { difference } from "./difference.ts";
import { matches, normalise, settle } from "./expectation.ts";
import { parseScenario, renderScenario, type ScenarioCommand } from "./scenario-file.ts";
import { splitWords } from "./scenario-world.ts";

const TEXT = `# A case

- database: none

Prose, with a $ sign.

\`\`\`console
$ pgstep up
one

\\! not an error
! an error
!
? 3

$ write a.sql <<EOF
$ not a command
EOF
$ pgstep status
\`\`\`

- server: 15
`;

function commands(text: string): ScenarioCommand[] {
  return parseScenario(text).parts.filter((part) => typeof part !== "string");
}

describe("scenario files", () => {
  test("commands, input and answers are told apart", () => {
    const [up, write, status] = commands(TEXT);
    assert.deepEqual(up, {
      text: "pgstep up",
      input: undefined,
      mark: undefined,
      expected: { stdout: ["one", "", "! not an error"], stderr: ["an error", ""], status: "3" },
    });
    assert.equal(write?.input, "$ not a command\n");
    assert.deepEqual(status?.expected, { stdout: [], stderr: [], status: "0" });
    assert.deepEqual([...parseScenario(TEXT).directives], [["database", "none"]]);
  });

  test("what is as expected is written back as it was", () => {
    assert.equal(
      renderScenario(
        parseScenario(TEXT),
        commands(TEXT).map(({ expected }) => expected),
      ),
      TEXT,
    );
  });

  test("what is not as expected takes its place", () => {
    const [up, ...others] = commands(TEXT);
    const actual = { stdout: ["two"], stderr: ["an error", ""], status: "4" };
    const answers = [settle(actual, up?.expected ?? actual), ...others.map(({ expected }) => expected)];
    const written = renderScenario(parseScenario(TEXT), answers);
    assert.equal(written, TEXT.replace("one\n\n\\! not an error", "two").replace("? 3", "? 4"));
  });

  test("wildcards stand within a line and for lines", () => {
    assert.ok(matches(["took 5 s (sic)"], ["took [..] (sic)"]));
    assert.ok(!matches(["took 5 s"], ["took [..] (sic)"]));
    assert.ok(matches(["a", "b", "c"], ["[...]", "c"]));
    assert.ok(matches(["c"], ["[...]", "c"]));
    assert.ok(!matches(["a", "b"], ["[...]", "c"]));
    assert.ok(!matches(["a.c"], ["abc"]));
  });

  test("what differs from run to run gets a name", () => {
    const names = new Map([
      ["db_1", "<database>"],
      ["db_1_role", "<role>"],
    ]);
    const lines = normalise(
      `db_1 as db_1_role   in    12 ms (1.5s)\nat 2026-01-02T03:04:05.678Z  \npid 77, v2s\n${new Date().toISOString().slice(0, 10)}, 2025-10-12\n\n`,
      names,
    );
    const expected = [
      "<database> as <role>   in <time> (<time>)",
      "at <timestamp>",
      "pid <pid>, v2s",
      "<day>, 2025-10-12",
    ];
    assert.deepEqual(lines, expected);
  });

  test("words are split as by a shell", () => {
    const { words, assignments } = splitWords(`A=1 B='x y' sql "select '$DB', $$" '$DB' $DB/a`, { DB: "d" });
    assert.deepEqual(assignments, { A: "1", B: "x y" });
    assert.deepEqual(words, ["sql", "select 'd', $$", "$DB", "d/a"]);
  });

  test("a difference shows what changed and its surroundings", () => {
    assert.equal(difference("a\nb\nc\nd\ne\nf", "a\nb\nc\nd\nx\nf", 1), "  d\n- e\n+ x\n  f");
  });
});
