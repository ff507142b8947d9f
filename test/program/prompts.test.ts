import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run, runtimesInTurn } from "../support/program.ts";
import { noTerminal, onTerminal } from "../support/terminal.ts";

/*
 * What somebody types at a question, and what pgstep makes of it: only agreement changes something.
 */

/** Commands that ask, their question, and whether it wants the database's name. */
const ASKING: readonly { words: readonly string[]; question: string; wantsName?: boolean }[] = [
  { words: ["reset"], question: "type the database's name (", wantsName: true },
  { words: ["unprotect"], question: "type the database's name (", wantsName: true },
  { words: ["repair"], question: "[y/N] " },
  { words: ["repair", "3"], question: "Remove 003 from the history? " },
  { words: ["resolve", "002", "--not-applied"], question: "[y/N] " },
];

/** Shows afterwards that a terminal reads lines, echoes what is typed, and makes signals of keys. */
const STTY = "stty -a | tr ' ;' '\\n\\n' | grep -E '^-?(icanon|echo|isig)$' | sort | tr '\\n' ' '";
const IN_ORDER = "echo icanon isig ";

const CONTROL_C = "\u0003";
const CONTROL_D = "\u0004";

describe("a question at the terminal", { skip: noTerminal }, () => {
  let directory: string;
  let database: { readonly name: string; readonly url: string };
  before(async () => {
    directory = temporaryPlace("prompts");
    writeFileSync(join(directory, "001_one.sql"), "CREATE TABLE one ();\n");
    writeFileSync(join(directory, "002_two.sql"), "CREATE TABLE two ();\n");
    writeFileSync(join(directory, "003_three.sql"), "CREATE TABLE three ();\n");
    database = await (await sharedServer()).createDatabase();
    const up = await run([...(await programCommand("node")), "up", "--dir", directory, "--url", database.url], {
      directory,
    });
    assert.equal(up.status, 0, up.stderr);
    appendFileSync(join(directory, "001_one.sql"), "-- edited\n");
    rmSync(join(directory, "003_three.sql"));
  });

  /** What the database has that the questions are about. */
  async function state(): Promise<unknown> {
    const server = await sharedServer();
    return await server.query(
      database.name,
      "SELECT version, checksum, (SELECT string_agg(relname, ' ' ORDER BY 1) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS relations, (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())) AS settings FROM schema_migrations ORDER BY 1",
    );
  }

  test("pgstep diff --write renames only what is said to be the same", async () => {
    const program = await programCommand("node");
    const written = async (typed: string) => {
      const place = temporaryPlace("prompts-diff", {
        "m/001_a.sql": "CREATE TABLE a (old_name text);\n",
        "schema.sql": "CREATE TABLE public.a (new_name text);\n",
      });
      const words = ["diff", "--to", "schema.sql", "--write", "x", "--dir", "m", "--allow-data-loss", "a.old_name"];
      const question = "former column public.a.old_name, with its rows? [y/N] ";
      const seen = await onTerminal([...program, ...words], { directory: place, question, typed });
      assert.ok(seen.isAnswered, seen.seen);
      return { ...seen, text: () => readFileSync(join(place, "m/002_x.sql"), "utf8") };
    };
    const [yes, no, stopped] = [await written("y\r"), await written("\r"), await written(CONTROL_C)];
    assert.match(yes.text(), /^ALTER TABLE a RENAME COLUMN old_name TO new_name;$/m);
    assert.match(no.text(), /DROP COLUMN old_name/);
    assert.equal(stopped.status, 130, stopped.seen);
    assert.throws(stopped.text, /ENOENT/);
  });

  for (const runtime of chosenRuntimes()) {
    test(`pgstep import on ${runtime}`, async () => {
      const server = await sharedServer();
      const files = temporaryPlace("prompts-import");
      writeFileSync(join(files, "00001_a.sql"), "-- +goose Up\nCREATE TABLE a ();\n");
      const { name, url } = await server.createDatabase(
        "CREATE TABLE a (); CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean, tstamp timestamp); INSERT INTO goose_db_version VALUES (1, 1, true, now())",
      );
      const command = [...(await programCommand(runtime)), "import", "--dir", files, "--url", url];
      const typing = (typed: string) => onTerminal(command, { directory, question: "[y/N] ", typed, afterwards: STTY });
      const isThere = "SELECT to_regclass('schema_migrations') IS NOT NULL AS there";
      for (const typed of ["n\r", "\r", CONTROL_D, CONTROL_C]) {
        const { seen, status, isAnswered } = await typing(typed);
        assert.ok(isAnswered, seen);
        assert.equal(status, typed === CONTROL_C ? 130 : 3, seen);
        assert.deepEqual(await server.query(name, isThere), [{ there: false }]);
      }
      const { seen, status } = await typing("y\r");
      assert.equal(status, 0, seen);
      assert.match(seen, /Recorded 1 migration of goose as applied/);
      assert.deepEqual(await server.query(name, "SELECT version FROM schema_migrations"), [{ version: "00001" }]);
    });

    const inTurn = ASKING.filter((_, index) => runtimesInTurn(index).includes(runtime));
    for (const { words, question, wantsName } of inTurn) {
      test(`pgstep ${words.join(" ")} on ${runtime}`, async () => {
        const server = await sharedServer();
        // Only what is protected can be asked about by unprotect, and nothing protected by reset.
        const mark = words[0] === "unprotect" ? "SET pgstep.protected = 'on'" : "RESET pgstep.protected";
        await server.query(database.name, `ALTER DATABASE ${database.name} ${mark}`);
        const command = [...(await programCommand(runtime)), ...words, "--dir", directory, "--url", database.url];
        const typing = (typed: string) => onTerminal(command, { directory, question, typed, afterwards: STTY });
        const before = await state();
        for (const typed of ["n\r", "no\r", "\r", CONTROL_D]) {
          const { seen, status, isAnswered } = await typing(typed);
          assert.ok(isAnswered, seen);
          assert.equal(status, 3, seen);
          assert.ok(seen.endsWith(`Nothing was changed. ${IN_ORDER}`), seen);
          assert.doesNotMatch(seen, /error|help/);
        }
        const slip = await typing("nearly\r");
        const answer = wantsName
          ? `Nothing was changed: "nearly" is not the name ${database.name}.`
          : "Nothing was changed.";
        assert.deepEqual([slip.status, slip.seen.endsWith(`${answer} ${IN_ORDER}`)], [3, true], slip.seen);
        const stopped = await typing(CONTROL_C);
        assert.equal(stopped.status, 130, stopped.seen);
        assert.match(stopped.seen, /interrupted before it was confirmed .*Nothing was changed\. echo icanon isig $/);
        assert.deepEqual(await state(), before);
      });
    }
  }
});
