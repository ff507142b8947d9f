import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { generatedPages } from "../../build/docs.ts";
import { ROOT } from "../../build/runtimes.ts";
import { VOCABULARY } from "../../src/commands/index.ts";
import { EXIT_STATUSES } from "../../src/core/failure/exit-statuses.ts";
import { FAILURES } from "../../src/core/failure/failure.ts";
import { programHelp } from "../../src/core/help/help-text.ts";
import { HELP_TOPICS } from "../../src/core/help/index.ts";

describe("what is generated from the code", () => {
  test("docs/rules has no page of a rule that is gone", () => {
    for (const name of readdirSync(join(ROOT, "docs/rules")))
      assert.ok(generatedPages().has(`docs/rules/${name}`), name);
  });

  for (const [path, text] of generatedPages()) {
    test(`${path} is current`, () => {
      assert.equal(readFileSync(join(ROOT, path), "utf8"), text, "run: npm run docs");
    });

    test(`${path} has no link that leads nowhere`, () => {
      for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        const [file = "", anchor] = target.split("#");
        const page = file === "" ? text : readFileSync(join(ROOT, dirname(path), file), "utf8");
        if (anchor === undefined) continue;
        const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
          // As GitHub makes them.
          heading
            .toLowerCase()
            .replace(/[^\w\- ]/g, "")
            .replaceAll(" ", "-"),
        );
        assert.ok(headings.includes(anchor), target);
      }
    });
  }

  test("every exit status that a failure has is explained", () => {
    const explained = EXIT_STATUSES.map(({ status }) => status);
    for (const { exitStatus } of Object.values(FAILURES)) assert.ok(explained.includes(exitStatus), `${exitStatus}`);
  });

  test("the reference of the commands has every command, alias, argument and option", () => {
    const page = generatedPages().get("docs/commands.md") ?? "";
    for (const command of VOCABULARY.commands) {
      const [, section = ""] = page.split(`\n## ${command.name}\n`);
      const own = section.split("\n## ")[0] ?? "";
      for (const alias of command.aliases) assert.ok(own.includes(`\`pgstep ${alias}\``), alias);
      for (const { name } of command.arguments) assert.ok(own.includes(`\`${name}\``), name);
      for (const { name } of command.options) assert.match(own, new RegExp(`\`[^\`]*--${name}[ \`]`));
    }
  });
});

describe("the help of the program", () => {
  test("fits a terminal of 80 columns and 24 lines with the prompt, and lists the commands", () => {
    const lines = programHelp(VOCABULARY).trimEnd().split("\n");
    assert.ok(lines.length <= 23, `${lines.length} lines`);
    for (const line of lines) assert.ok(line.length <= 80, line);
    for (const { name } of VOCABULARY.commands) {
      if (name !== "help") assert.ok(lines.join("\n").includes(name), name);
    }
  });
});

describe("help topics", () => {
  for (const topic of HELP_TOPICS) {
    test(`${topic.name} fits a terminal`, () => {
      const text = topic.text(VOCABULARY);
      assert.match(text, /^[\n\x20-\x7e]+[^\n]\n$/);
      for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
    });
  }

  test("have names that are no commands", () => {
    const commands = VOCABULARY.commands.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.deepEqual(
      HELP_TOPICS.filter(({ name }) => commands.includes(name)).map(({ name }) => name),
      [],
    );
  });

  test("settings has every variable", () => {
    const text = HELP_TOPICS.find(({ name }) => name === "settings")?.text(VOCABULARY) ?? "";
    for (const { variable } of [...VOCABULARY.options, ...VOCABULARY.commands.flatMap(({ options }) => options)]) {
      if (variable !== undefined) assert.ok(text.includes(`  ${variable} `), variable);
    }
  });
});
