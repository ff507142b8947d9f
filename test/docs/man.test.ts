import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { manPage, roff } from "../../build/man.ts";
import { VOCABULARY } from "../../src/commands/index.ts";
import type { Vocabulary } from "../../src/core/command-line/command.ts";
import { FAILURES } from "../../src/core/failure/failure.ts";

const PAGE = manPage(VOCABULARY, { version: "1.2.3", date: "2026-01-02" });

/** Why a formatter cannot be tried here, or false. */
function lacks(program: string, ...words: string[]): string | false {
  return spawnSync(program, words, { input: "" }).error ? `${program} is not installed` : false;
}

/** What a formatter makes of the page, in one line as it breaks words and spreads them, and what it complains of. */
function formatted(program: string, ...words: string[]) {
  const { stdout, stderr } = spawnSync(program, words, { input: PAGE, encoding: "utf8" });
  return {
    text: stdout
      // Bold letters are typed twice, with a backspace between.
      .split("\b")
      .map((part, index, parts) => (index < parts.length - 1 ? part.slice(0, -1) : part))
      .join("")
      .replace(/[\u2010\u00ad]\n\s*/g, "")
      .replace(/\s+/g, " "),
    complaints: stderr,
  };
}

describe("the manual page", () => {
  test("has every command, option, variable and exit status", () => {
    for (const command of VOCABULARY.commands) {
      assert.match(PAGE, new RegExp(`^\\.SS pgstep ${command.name}[ \\n]`, "m"));
      for (const alias of command.aliases) assert.match(PAGE, new RegExp(`^Also: .*pgstep ${alias}\\\\f`, "m"));
    }
    for (const { name, variable } of [
      ...VOCABULARY.options,
      ...VOCABULARY.commands.flatMap(({ options }) => options),
    ]) {
      const escaped = name.replaceAll("-", String.raw`\\-`);
      assert.match(PAGE, new RegExp(`^\\\\fB(?:\\\\-\\w, )?\\\\-\\\\-${escaped}(?: <[^>]+>)?\\\\fR$`, "m"));
      for (const one of variable?.split(", ") ?? []) assert.ok(PAGE.includes(`\n\\fB${one}\\fR\n`), one);
    }
    for (const { exitStatus } of Object.values(FAILURES)) assert.ok(PAGE.includes(`\n\\fB${exitStatus}\\fR\n`));
    const sections = [...PAGE.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title);
    const expected =
      "NAME, SYNOPSIS, DESCRIPTION, COMMANDS, OPTIONS, ENVIRONMENT, FILES, EXIT STATUS, EXAMPLES, SEE ALSO";
    assert.equal(sections.join(", "), expected);
    assert.match(PAGE, /^\.TH PGSTEP 1 "2026-01-02" "pgstep 1\.2\.3" "User Commands"\n/);
  });

  test("shows every letter as it is typed", () => {
    assert.equal(roff(".down.sql"), "\\&.down.sql");
    assert.equal(roff("'quoted'"), "\\(aqquoted\\(aq");
    assert.equal(roff(String.raw`C:\new --x ~ ^ "a" é`), String.raw`C:\(rsnew \-\-x \(ti \(ha \(dqa\(dq \[u00E9]`);
    assert.equal(roff(`${"a".repeat(78)} .b`), `${"a".repeat(78)}\n\\&.b`);
  });

  test("has no line that is a request by accident", () => {
    const word = ".x \\n 'y' --z";
    const odd: Vocabulary = {
      groups: [],
      commands: [
        {
          name: "go",
          effect: "reads",
          aliases: [".so"],
          summary: word,
          description: `${"a".repeat(76)} ${word}`,
          arguments: [{ name: word, required: true, summary: word }],
          options: [{ name: "o", summary: word, variable: ".V" }],
          examples: [{ line: word, note: word }],
        },
      ],
      options: [],
    };
    const requests = manPage(odd, { version: "1", date: "2026-01-02" }).match(/^[.'].*$/gm) ?? [];
    for (const request of requests) assert.match(request, /^\.(TH PGSTEP|SH [A-Z]|SS pgstep|TP$|PP$)/);
  });

  for (const [program, ...words] of [
    ["groff", "-man", "-ww", "-Tutf8", "-P-c"],
    ["mandoc", "-Tutf8", "-Wall"],
  ] as const) {
    test(`is taken by ${program} without a warning`, { skip: lacks(program, ...words) }, () => {
      const { text, complaints } = formatted(program, ...words);
      assert.equal(complaints, "");
      assert.ok(text.includes("pgstep up [version] [options]"), text.slice(0, 2000));
      assert.ok(text.includes('eval "$(pgstep completion bash)"'), text);
      assert.ok(text.includes("--lock-timeout <duration>"), text);
    });
  }
});
