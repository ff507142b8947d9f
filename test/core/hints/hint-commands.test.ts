import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../../build/runtimes.ts";
import { typedOptions } from "../../../src/command-line.ts";
import { VOCABULARY } from "../../../src/commands/index.ts";
import { HintCommands } from "../../../src/core/hints/hint-commands.ts";
import { wrapped } from "../../../src/core/text/display.ts";

/** The commands of hints for a program that was started with these words, and its arguments. */
function commandsOf(words: string, typed: readonly string[] = [], given: readonly string[] = []): HintCommands {
  return new HintCommands(VOCABULARY, () => ({ words, given: new Set(given) }), typedOptions(typed));
}

function shown(hint: string, typed: readonly string[], words = "npx pgstep"): string {
  return commandsOf(words, typed).rewritten(hint);
}

describe("a command in a hint", () => {
  test("begins as pgstep was started", () => {
    assert.equal(shown("Run pgstep status to see.", []), "Run npx pgstep status to see.");
    assert.equal(shown("First: pgstep up.", [], "node dist/pgstep.js"), "First: node dist/pgstep.js up.");
    assert.equal(shown("Run pgstep up, or pgstep down 2.", []), "Run npx pgstep up, or npx pgstep down 2.");
    assert.equal(shown("Run pgstep up.", [], "pgstep"), "Run pgstep up.");
  });

  test("is left where the text is about pgstep itself", () => {
    for (const hint of [
      "Let pgstep write the backup.",
      "pgstep resets the session; pgstep up-to-date is a word.",
      "Look for a newer pgstep.",
      "Install /usr/bin/pgstep up.",
    ]) {
      assert.equal(shown(hint, ["--env", "x"]), hint);
    }
  });

  test("repeats the flags that say which database and files are meant, and no others", () => {
    const typed = ["up", "--url", "postgres://me@db/app", "--env=test", "--dir", "my dir", "--table", "t", "--json"];
    assert.equal(
      shown("Record it: pgstep baseline 002.", typed),
      "Record it: npx pgstep baseline 002 --url postgres://me@db/app --dir 'my dir' --table t --env test.",
    );
    const others = [
      "up",
      "--schema",
      "s",
      "--config",
      "c.json",
      "--env-file",
      ".env",
      "--password-file",
      "p",
      "--quiet",
    ];
    assert.equal(
      shown("pgstep status", others),
      "npx pgstep status --password-file p --schema s --env-file .env --config c.json",
    );
    assert.equal(shown("pgstep status", ["up", "--dir=-x"]), "npx pgstep status --dir=-x");
    assert.equal(shown("pgstep status", ["up", "--dir", "it's"]), "npx pgstep status --dir 'it'\\''s'");
  });

  test("has them behind its last word", () => {
    const cases: readonly (readonly [hint: string, expected: string])[] = [
      ["pgstep up to go on where it stopped.", "npx pgstep up --env e to go on where it stopped."],
      ["pgstep up again", "npx pgstep up --env e again"],
      ["pgstep baseline <version>; or", "npx pgstep baseline <version> --env e; or"],
      ["pgstep reset --confirm app.", "npx pgstep reset --confirm app --env e."],
      ["pgstep reset --confirm 'a b'", "npx pgstep reset --confirm 'a b' --env e"],
      ["pgstep reset --confirm 'it'\\''s'.", "npx pgstep reset --confirm 'it'\\''s' --env e."],
      ["pgstep resolve 002 --done. Then", "npx pgstep resolve 002 --done --env e. Then"],
      ["pgstep down --to 012, then pgstep up", "npx pgstep down --to 012 --env e, then npx pgstep up --env e"],
      ["pgstep status --json > status.json", "npx pgstep status --json --env e > status.json"],
      ["pgstep restore .pgstep/b.sql --confirm x", "npx pgstep restore .pgstep/b.sql --confirm x --env e"],
      ["pgstep up -- node server.js", "npx pgstep up --env e -- node server.js"],
      ["(pgstep up)", "(npx pgstep up --env e)"],
      ["pgstep --table other. For", "npx pgstep --table other --env e. For"],
      ['pgstep new "add users table".', 'npx pgstep new "add users table" --env e.'],
      ["pgstep migrate", "npx pgstep migrate --env e"],
    ];
    for (const [hint, expected] of cases) assert.equal(shown(hint, ["up", "--env", "e"]), expected);
  });

  test("has no flag twice, whoever gave it first", () => {
    const typed = ["up", "--env", "production", "--table", "t"];
    assert.equal(
      shown("pgstep reset --confirm app --env production --force", typed),
      "npx pgstep reset --confirm app --env production --force --table t",
    );
    assert.equal(shown("pgstep --table other", typed), "npx pgstep --table other --env production");
    const script = commandsOf("npm run db --", typed, ["env"]);
    assert.equal(script.rewritten("pgstep status"), "npm run db -- status --table t");
    assert.equal(script.rewritten(script.rewritten("pgstep status")), "npm run db -- status --table t");
    const npx = commandsOf("npx pgstep", typed);
    assert.equal(npx.rewritten(npx.rewritten("pgstep up")), "npx pgstep up --table t --env production");
  });

  test("has only flags that it takes and needs", () => {
    const typed = ["up", "--url", "pglite:x", "--repeatable-dir", "r", "--dir", "m"];
    assert.equal(shown("pgstep up", typed), "npx pgstep up --url pglite:x --dir m --repeatable-dir r");
    assert.equal(shown("pgstep protect", typed), "npx pgstep protect --url pglite:x --dir m");
    assert.equal(shown("pgstep new <description>", typed), "npx pgstep new <description> --dir m");
    assert.equal(shown("Run pgstep help up to see.", typed), "Run npx pgstep help up to see.");
  });

  test("never shows a password, and says how to give it", () => {
    const note = " The URL is shown without its password: type it when pgstep asks, or set PGPASSWORD.";
    const withUrl = (url: string) => shown("Run pgstep status.", ["up", "--url", url]);
    assert.equal(withUrl("postgres://me:geheim@db/app"), `Run npx pgstep status --url postgres://me@db/app.${note}`);
    assert.equal(
      withUrl("postgres://db/app?user=me&password=geheim&sslmode=require"),
      `Run npx pgstep status --url 'postgres://db/app?user=me&sslmode=require'.${note}`,
    );
    assert.equal(
      withUrl("host=db password = 'ge heim' user=me"),
      `Run npx pgstep status --url 'host=db user=me'.${note}`,
    );
    assert.equal(withUrl("postgres://me:ge%heim@db/app"), `Run npx pgstep status --url <url>.${note}`);
    assert.equal(withUrl("postgres://me@db/app"), "Run npx pgstep status --url postgres://me@db/app.");
    assert.doesNotMatch(
      shown("pgstep status", ["--url", "postgres://me:geheim@db/app", "--password-file", "p"]),
      /geheim|PGPASSWORD/,
    );
  });

  test("is not broken over two lines of a terminal", () => {
    const commands = commandsOf("npx pgstep", ["--env", "production"]);
    const hint = commands.rewritten("If ALL its data may be deleted: pgstep reset --confirm app. Else leave it.");
    const lines = wrapped(commands.unbroken(hint), 40).map((line) => line.replaceAll("\x1f", " "));
    assert.deepEqual(lines, [
      "If ALL its data may be deleted:",
      "npx pgstep reset --confirm app --env production.",
      "Else leave it.",
    ]);
  });

  test("is found in every hint of the code that names one", () => {
    const names = VOCABULARY.commands.map(({ name }) => name).join("|");
    const mention = new RegExp(`pgstep (?:--|(?:${names})\\b)`, "g");
    const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
      /^(engine|core|adapters|commands)\/.*\.ts$/.test(path),
    );
    const hints = files.flatMap((path) =>
      [...readFileSync(join(ROOT, "src", path), "utf8").matchAll(/hint:\s*(["`'])(.*)\1/g)].map(([, , hint = ""]) =>
        hint.replace(/\$\{[^}]*\}/g, ""),
      ),
    );
    const named = hints.filter((hint) => hint.search(mention) !== -1);
    assert.ok(named.length > 30, `${named.length} were found`);
    for (const hint of named) {
      assert.equal(shown(hint, []).match(/npx pgstep/g)?.length, hint.match(mention)?.length, hint);
    }
  });
});
