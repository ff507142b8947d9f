import assert from "node:assert/strict";
import { test } from "node:test";
import { failsOnExistingRows } from "../../../src/core/check/fails-on-existing-rows.ts";
import type { Relation, TracedStatement } from "../../../src/core/trace/trace.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { readRelations } from "../../../src/engine/trace/contents.ts";
import { Tracer } from "../../../src/engine/trace/tracer.ts";
import { notes, parse, statementsOf, traced } from "../check/traced.ts";
import { embeddedWorld, succeeded, world } from "../support.ts";

const OWN = ["public.schema_migrations", "public.schema_migrations_steps"];

/** "notes AccessExclusive rewritten scanned". */
function words({ touches }: TracedStatement): string[] {
  return touches.map(({ before, after, lock, rewritten, scanned }) =>
    [before.name, lock, rewritten && "rewritten", scanned && "scanned", !after && "dropped"].filter(Boolean).join(" "),
  );
}

test("each statement is traced in the transaction that up would use", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int PRIMARY KEY, body varchar(10)); CREATE TABLE tags (id int);",
    "002_change.sql": `ALTER TABLE notes ALTER id TYPE bigint; CREATE INDEX ON notes (body); CREATE TABLE n (); DROP TABLE tags;
ALTER TABLE notes ADD COLUMN at timestamptz DEFAULT now(); ALTER TABLE notes RENAME COLUMN body TO text`,
    "003_index.sql":
      "CREATE INDEX CONCURRENTLY ON notes (id); ALTER TABLE notes ALTER text SET NOT NULL; ALTER TABLE notes RENAME TO pages",
  });
  const files = await traced(here);
  assert.deepEqual(
    files.map(({ statements }) => statements.map(words)),
    [
      [[], []],
      [
        ["notes AccessExclusive rewritten scanned"],
        ["notes AccessExclusive scanned"],
        [],
        ["tags AccessExclusive dropped"],
        ["notes AccessExclusive"],
        ["notes AccessExclusive"],
      ],
      [[], ["notes AccessExclusive scanned"], ["notes AccessExclusive"]],
    ],
  );
  const columns = files[1]?.statements[5]?.touches[0]?.after?.columns.map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(columns, ["id bigint", "text character varying(10)", "at timestamp with time zone"]);
  assert.deepEqual([...(files[2]?.after.values() ?? [])].map(({ name }) => name).sort(), ["n", "pages"]);
});

test("statements that are sent before the ones before them are answered are told apart", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int); CREATE TABLE tags (id int);",
    "002_many.sql": Array.from(
      { length: 40 },
      (_, n) => `ALTER TABLE ${n % 2 ? "notes" : "tags"} ADD COLUMN c${n} int;`,
    ).join("\n"),
    "003_wrong.sql": `CREATE TABLE fresh (id int); ALTER TABLE tags ADD COLUMN note text; CREATE INDEX ON fresh (missing);
ALTER TABLE notes ADD COLUMN note text; CREATE INDEX ON fresh (id)`,
  });
  const tracer = new Tracer(parse, OWN);
  const { failure } = await migrate({ ...here.context, isRehearsal: true, watch: tracer }, {}, {});
  assert.equal(failure?.place?.path.endsWith("003_wrong.sql"), true);
  assert.equal(tracer.rejected?.text, "CREATE INDEX ON fresh (missing);");
  const last = tracer.files[1]?.statements.map(({ statement, touches: [touch] }) => [
    statement.text,
    `ALTER TABLE ${touch?.before.name} ADD COLUMN ${touch?.after?.columns.at(-1)?.name} int;`,
  ]);
  assert.equal(last?.length, 40);
  for (const [text, seen] of last ?? []) assert.equal(seen, text);
});

/** Runs the files with a tracer, and returns it with the failure's path. */
async function stoppedTracer(files: Record<string, string>): Promise<{ tracer: Tracer; path: string | undefined }> {
  const here = await embeddedWorld(files);
  const tracer = new Tracer(parse, OWN);
  const { failure } = await migrate({ ...here.context, isRehearsal: true, watch: tracer }, {}, {});
  const session = await here.database.open();
  await tracer.finish(session);
  await session.close();
  return { tracer, path: failure?.place?.path.split("/").at(-1) };
}

function pathsOf({ files }: Tracer): (string | undefined)[] {
  return files.map(({ path }) => path.split("/").at(-1));
}

test("files that are sent before the ones before them are answered are told apart", async () => {
  const numbers = Array.from({ length: 30 }, (_, n) => n + 10);
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int)",
    ...Object.fromEntries(
      numbers.map((n) => [
        `0${n}_columns.sql`,
        `CREATE TABLE t${n} (id int); ALTER TABLE notes ADD COLUMN c${n} int;
${n > 10 ? `ALTER TABLE t${n - 1} ADD COLUMN late int; CREATE INDEX ON t${n - 1} (id);` : ""}`,
      ]),
    ),
  });
  const tracer = new Tracer(parse, OWN);
  succeeded(await migrate({ ...here.context, watch: tracer }, {}, {}));
  const session = await here.database.open();
  await tracer.finish(session);
  await session.close();
  assert.equal(tracer.files.length, 31);
  for (const [index, { before, after, statements }] of tracer.files.slice(1).entries()) {
    const columns = [before, after].map(
      (all) => [...all.values()].find(({ name }) => name === "notes")?.columns.length,
    );
    assert.deepEqual(columns, [index + 1, index + 2]);
    assert.deepEqual([before.size, after.size], [index + 1, index + 2]);
    const others = index === 0 ? [] : [[`t${index + 9} AccessExclusive`], [`t${index + 9} AccessExclusive scanned`]];
    assert.deepEqual(statements.map(words), [[], ["notes AccessExclusive"], ...others]);
  }
});

test("a file that fails at its end is not taken for the next one, which is sent already", async () => {
  const { tracer, path } = await stoppedTracer({
    "001_notes.sql": `CREATE TABLE notes (id int PRIMARY KEY);
CREATE TABLE tags (note int REFERENCES notes DEFERRABLE INITIALLY DEFERRED)`,
    "002_tags.sql": "ALTER TABLE notes ADD COLUMN body text; INSERT INTO tags VALUES (1)",
    "003_notes.sql": "ALTER TABLE notes ADD COLUMN late text",
    "004_notes.sql": "ALTER TABLE tags ADD COLUMN late text",
  });
  assert.equal(path, "002_tags.sql");
  assert.equal(tracer.rejected, undefined);
  assert.deepEqual(pathsOf(tracer), ["001_notes.sql", "002_tags.sql"]);
  assert.deepEqual(tracer.files[1]?.statements.map(words), [["notes AccessExclusive"], ["tags RowExclusive"]]);
});

test("a statement that fails is known, although the files after it are sent already", async () => {
  const files = {
    "001_notes.sql": "CREATE TABLE notes (id int)",
    "002_tags.sql":
      "CREATE TABLE tags (id int); ALTER TABLE notes ADD COLUMN id text; ALTER TABLE notes ADD COLUMN b text",
    "003_notes.sql": "ALTER TABLE notes ADD COLUMN late text",
    "004_notes.sql": "ALTER TABLE notes ADD COLUMN later text",
  };
  const { tracer, path } = await stoppedTracer(files);
  assert.equal(path, "002_tags.sql");
  assert.equal(tracer.rejected?.text, "ALTER TABLE notes ADD COLUMN id text;");
  assert.deepEqual(pathsOf(tracer), ["001_notes.sql", "002_tags.sql"]);
  assert.deepEqual(tracer.files[1]?.statements.map(words), [[]]);
});

test("who may use a relation is known from the statement on that first restricts it", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": `CREATE TABLE notes (id int);
DO $$ BEGIN CREATE ROLE desk; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    "002_plain.sql": "ALTER TABLE notes ADD COLUMN a int",
    "003_access.sql": `GRANT SELECT ON notes TO desk; ALTER TABLE notes ADD COLUMN b int;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes ADD COLUMN c int`,
  });
  const files = await traced(here);
  const seen = files[2]?.statements.flatMap(({ touches: [touch] }) => (touch?.after ? [touch.after] : [])) ?? [];
  assert.deepEqual(
    seen.map(({ grants, hidesRows }) => [grants.map(({ role }) => role), hidesRows]),
    [
      // GRANT takes no lock for which definitions are read: the next statement shows its effect.
      [[], false],
      [["desk"], false],
      [["desk"], true],
      [["desk"], true],
    ],
  );
  const [, before] = files.map(({ after }) => [...after.values()].find(({ name }) => name === "notes"));
  assert.deepEqual(before?.grants, []);
});

test("what an event trigger locks is seen", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": `CREATE TABLE notes (id int);
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN LOCK TABLE notes; END';
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch()`,
    "002_tags.sql": "CREATE TABLE tags (id int)",
  });
  const [, { statements } = { statements: [] }] = await traced(here);
  assert.deepEqual(statements.map(words), [["notes AccessExclusive"]]);
});

test("a file that begins outside a transaction shows its relations as they were before", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int);",
    "002_index.sql": "CREATE INDEX CONCURRENTLY notes_id ON notes (id)",
  });
  const [notes, index] = await traced(here);
  const indexes = [notes?.after, index?.before, index?.after].map((all) =>
    [...(all?.values() ?? [])].map((relation) => relation.indexes.map(({ name }) => name)),
  );
  assert.deepEqual(indexes, [[[]], [[]], [["notes_id"]]]);
});

test("relations that change without a lock are known as they are", async () => {
  const files = {
    "001_notes.sql": `CREATE TABLE notes (id int, body text); CREATE TABLE tags (id int); CREATE INDEX tags_id ON tags (id);
DO $$ BEGIN CREATE ROLE desk; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    "002_index.sql": "CREATE INDEX CONCURRENTLY notes_id ON notes (id)",
    "003_index.sql": "DROP INDEX CONCURRENTLY tags_id",
    "004_index.sql": "REINDEX INDEX CONCURRENTLY notes_id",
    "005_vacuum.sql": "VACUUM (ANALYZE) notes",
    "006_grants.sql": "GRANT SELECT ON notes TO desk",
    "007_grants.sql": "GRANT INSERT ON ALL TABLES IN SCHEMA public TO desk",
    "008_grants.sql": "DO $$ BEGIN REVOKE SELECT ON notes FROM desk; END $$",
  };
  for (const last of Object.keys(files).slice(1)) {
    const upTo = Object.entries(files).filter(([name]) => name <= last);
    const here = await embeddedWorld(Object.fromEntries(upTo));
    const known = (await traced(here)).at(-1)?.after;
    const session = await here.database.open();
    const read = await readRelations(session, 0);
    await session.close();
    const namesOf = (all: typeof known) => [...(all?.values() ?? [])].filter(({ name }) => !name.startsWith("schema_"));
    assert.deepEqual(namesOf(known), namesOf(read), last);
  }
});

test("a change of rows that calls a function of the project may change definitions", async () => {
  const add = (name: string) =>
    `CREATE FUNCTION ${name}(of text, col text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('ALTER TABLE %I ADD %I int', of, col); RETURN of; END $$;`;
  const call = (name: string, column: string) =>
    `INSERT INTO log SELECT ${name}('notes', '${column}'); UPDATE log SET of = upper(of) FROM notes; DELETE FROM log;`;
  const files = await traced(
    await embeddedWorld({
      "001_notes.sql": `CREATE TABLE notes (id int); CREATE TABLE log (of text); ${add("older")}`,
      "002_older.sql": call("older", "a"),
      "003_own.sql": `${add("own")} ${call("own", "b")}`,
      "004_earlier.sql": call("own", "c"),
      "005_known.sql": call("own", "d"),
    }),
  );
  for (const [index, { statements, after }] of files.slice(1).entries()) {
    const columns = (relation: Relation | undefined) => relation?.columns.map(({ name }) => name).join("");
    const [insert, update] = statements.slice(-3);
    const notes = insert?.touches.find(({ before }) => before.name === "notes");
    assert.deepEqual(
      [columns(notes?.before), columns(notes?.after)],
      ["id", "ida", "idab", "idabc", "idabcd"].slice(index, index + 2),
    );
    assert.equal(columns([...after.values()].find(({ name }) => name === "notes")), columns(notes?.after));
    assert.deepEqual(update && words(update), ["notes AccessExclusive scanned"]);
  }
});

test("a file is compared with the relations before it, although the statements before it are just answered", async () => {
  const numbers = Array.from({ length: 40 }, (_, n) => n + 10);
  const here = await world({
    "001_notes.sql": "CREATE TABLE notes (id int NOT NULL, code text); CREATE TABLE tags (id int);",
    ...Object.fromEntries(
      numbers.flatMap((n) => [
        [`${n}1_add.sql`, `ALTER TABLE tags ADD COLUMN d${n} bigint; UPDATE tags SET d${n} = id;`],
        [
          `${n}2_check.sql`,
          `ALTER TABLE notes ADD COLUMN c${n} text, ADD CHECK ((code IS NULL) <> (c${n} IS NULL)); UPDATE notes SET id = 1;`,
        ],
      ]),
    ),
  });
  for (const { path, statements } of (await traced(here)).slice(1)) {
    assert.deepEqual([path, statements[0]?.misfits], [path, []]);
    const kinds = statements.map(({ number, statement }) => `${number} ${statement.text.split(" ")[0]}`);
    assert.deepEqual([path, kinds], [path, ["1 ALTER", "2 UPDATE"]]);
  }
});

test("a note takes the place of the first look at a database", async () => {
  const here = await embeddedWorld({ "001_notes.sql": "CREATE TABLE notes (id int PRIMARY KEY, body text);" });
  succeeded(await here.up());
  const session = await here.database.open();
  const kept: string[] = [];
  const columnsSeen = async () => {
    const tracer = new Tracer(parse, []);
    tracer.beginWith({ read: () => kept[0], keep: (text) => kept.push(text) });
    await session.execute("BEGIN");
    await tracer.began(session, "file").ended;
    await session.execute("COMMIT");
    await tracer.finish(session);
    const notes = [...(tracer.files[0]?.before.values() ?? [])].find(({ name }) => name === "notes");
    return notes?.columns.map(({ name }) => name);
  };
  try {
    assert.deepEqual(await columnsSeen(), ["id", "body"]);
    await session.execute("ALTER TABLE notes DROP COLUMN body");
    assert.deepEqual(await columnsSeen(), ["id", "body"]);
    assert.equal(kept.length, 1);
    kept.length = 0;
    assert.deepEqual(await columnsSeen(), ["id"]);
  } finally {
    await session.close();
  }
});

test("a file that rows do not fit runs again without them, and the statement is remembered", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes VALUES (1, NULL);",
  });
  succeeded(await here.up());
  const session = await here.database.open();
  const tracer = new Tracer(parse, []);
  const statements = statementsOf("ALTER TABLE notes DROP COLUMN id; ALTER TABLE notes ALTER body SET NOT NULL");
  const run = async () => {
    await session.execute("BEGIN");
    await tracer.began(session, "file").ended;
    for (const statement of statements) {
      const look = await tracer.sending(session, statement, false);
      await session.execute(statement.text).catch(() => {});
      await look.begin();
    }
  };
  try {
    await run();
    assert.equal(tracer.rejected?.text, "ALTER TABLE notes ALTER body SET NOT NULL");
    await session.execute("ROLLBACK");
    assert.equal(tracer.abandon("NULL is there"), true);
    assert.equal(tracer.rejected, undefined);
    await session.execute("TRUNCATE notes");
    await run();
    await session.execute("COMMIT");
    await tracer.finish(session);
  } finally {
    await session.close();
  }
  const [message] = notes(tracer.files).filter((note) => note.includes("Fails on existing rows"));
  assert.match(message ?? "", /^2 .*even the rows of earlier migrations do not fit \(NULL is there\)/);
  const [file] = tracer.files;
  const recipes = file && [...failsOnExistingRows.find(file)].map(({ recipe }) => recipe);
  assert.match(recipes?.[0] ?? "", /CHECK \(<column> IS NOT NULL\)/);
  assert.equal(file?.statements.length, 2);
  assert.equal(notes(tracer.files).filter((note) => note.includes("Destroys data")).length, 1);
});

test("privileges of an earlier file are known, and lost with the view that has them", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE VIEW latest AS SELECT 1 AS id",
    "002_grants.sql":
      "DO $$ BEGIN CREATE ROLE desk; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT SELECT, INSERT ON latest TO desk",
    "003_again.sql":
      "DROP VIEW latest; CREATE VIEW latest AS SELECT 2 AS id; DO $$ BEGIN GRANT SELECT ON latest TO PUBLIC; END $$",
  });
  assert.deepEqual(notes(await traced(here)), [
    "1 Breaks running clients: desk loses INSERT on latest, which is not granted on its replacement",
  ]);
});

test("a wait names a relation as its clients do, who do not know its new name", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int)",
    "002_move.sql":
      "ALTER TABLE notes RENAME TO old; CREATE TABLE notes (id int); INSERT INTO notes SELECT id FROM old",
  });
  assert.deepEqual(notes(await traced(here)), [
    "3 Blocks reads and writes: reads and writes of notes wait until COMMIT, since statement 1, while this works on old",
  ]);
});
