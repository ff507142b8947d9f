import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { OUTPUT_SCHEMA } from "../../build/docs/output-schema.ts";
import { JsonReporter } from "../../src/adapters/json-report/json-reporter.ts";
import type { JsonLine } from "../../src/adapters/json-report/shapes.ts";
import { isNote } from "../../src/adapters/output/notes.ts";
import { COMMANDS } from "../../src/commands/index.ts";
import { FAILURES, Failure, type FailureCode } from "../../src/core/failure/failure.ts";
import { EVENTS, LEASE, PLACE, SERVER } from "../support/all-reports.ts";
import { differences } from "../support/json-schema.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

type Line = Readonly<Record<string, unknown>>;

/** Every type of line there is; the compiler tells when one is missing here. */
const TYPES: Readonly<Record<JsonLine["type"], true>> = {
  planned: true,
  "step-started": true,
  "statement-finished": true,
  "step-finished": true,
  notice: true,
  warning: true,
  "repeatable-finished": true,
  "hook-finished": true,
  "hook-output": true,
  "lock-waiting": true,
  retrying: true,
  blocked: true,
  "statement-progress": true,
  "database-waiting": true,
  "database-ready": true,
  "database-created": true,
  "backup-progress": true,
  "backup-planned": true,
  "schema-dumped": true,
  "backed-up": true,
  "restore-planned": true,
  "reset-planned": true,
  explained: true,
  checked: true,
  run: true,
  seed: true,
  status: true,
  validation: true,
  check: true,
  plan: true,
  drift: true,
  rule: true,
  baseline: true,
  import: true,
  export: true,
  repair: true,
  resolve: true,
  recorded: true,
  dump: true,
  stats: true,
  diff: true,
  load: true,
  backup: true,
  backups: true,
  restore: true,
  reset: true,
  protection: true,
  created: true,
  initialized: true,
  bundled: true,
  wait: true,
  doctor: true,
  types: true,
  settings: true,
  version: true,
  failure: true,
  bug: true,
};

/** Throws unless each line is as the schema says, and answers their types. */
function checked(text: string): string[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const value: Line = JSON.parse(line);
      assert.deepEqual(differences(OUTPUT_SCHEMA, value), [], line);
      return String(value.type);
    });
}

describe("the schema of --json", () => {
  test("knows every type of line, and no other", () => {
    const known = OUTPUT_SCHEMA.oneOf.map(({ $ref }) => {
      const { properties } = OUTPUT_SCHEMA.$defs[String($ref).slice("#/$defs/".length)] ?? {};
      return (properties as { type: { const: string } }).type.const;
    });
    assert.deepEqual(known.toSorted(), Object.keys(TYPES).toSorted());
  });

  test("takes every event, every failure and a bug", () => {
    let written = "";
    const stream = {
      write: (text: string) => {
        written += text;
      },
    };
    const reporter = new JsonReporter(stream, { write: () => {} }, { quiet: false, verbose: true });
    const leased = { ...EVENTS["lock-waiting"], holder: LEASE };
    const events = [...Object.values(EVENTS).filter((event) => !isNote(event)), leased];
    for (const event of events) reporter.event(event);
    for (const code of Object.keys(FAILURES) as FailureCode[]) {
      reporter.failure(new Failure(code, "Cannot", { place: PLACE, server: SERVER }));
    }
    reporter.bug(new TypeError("x"));
    const types = checked(written);
    assert.deepEqual(
      types.slice(0, events.length),
      events.map(({ type }) => type),
    );
    assert.equal(types.length, events.length + Object.keys(FAILURES).length + 1);
  });

  test("refuses what is not said in it", () => {
    const blocked = { type: "blocked", format: 1, blockers: [], total: 0 };
    const wrong: readonly (readonly [line: object, difference: RegExp])[] = [
      [{ ...blocked, more: 1 }, /more is not in the schema/],
      [{ type: "blocked", format: 1, total: 0 }, /blockers is missing/],
      [{ ...blocked, format: 2 }, /2 is not 1/],
      [{ ...blocked, blockers: [1] }, /blockers\[0\]: is 1, not object/],
      [{ ...blocked, blockers: null }, /is null, not array/],
      [{ ...blocked, type: "other" }, /other is not/],
      [{ ...blocked, time: "now" }, /now does not match/],
      [{ type: "wait", format: 1, database: "a", waitedMs: -1 }, /-1 is below 0/],
      [{ type: "wait", format: 1, database: "a", waitedMs: 1.5 }, /not integer/],
      [{ type: "step-finished", format: 1, step: {}, outcome: "ended", durationMs: 0 }, /ended is none of the words/],
    ];
    assert.deepEqual(differences(OUTPUT_SCHEMA, blocked), []);
    for (const [line, difference] of wrong) assert.match(differences(OUTPUT_SCHEMA, line).join("\n"), difference);
    assert.throws(() => differences({ maximum: 1 }, 1), /unknown keyword maximum/);
  });
});

/** A history to import. */
const GOOSE =
  "CREATE TABLE goose_db_version AS SELECT 1 AS id, 1 AS version_id, true AS is_applied, localtimestamp AS tstamp";

describe("what each command prints with --json", () => {
  let place = "";
  let url = "";
  let otherUrl = "";

  before(async () => {
    place = temporaryPlace("json");
    const server = await sharedServer();
    ({ url } = await server.createDatabase());
    otherUrl = (await server.createDatabase(`CREATE TABLE filled (id int); ${GOOSE}`)).url;
    mkdirSync(join(place, "database", "migrations"), { recursive: true });
    file("001_users.sql", "CREATE TABLE users (id int);\nDO $$ BEGIN RAISE WARNING 'hello'; END $$;");
    file("001_users.down.sql", "DROP TABLE users;");
    mkdirSync(join(place, "database", "seeds"));
    writeFileSync(join(place, "database", "seeds", "users.sql"), "-- Seed: once\nINSERT INTO users VALUES (1);");
    file("002_index.sql", "CREATE INDEX CONCURRENTLY by_id ON users (id);");
  });

  function file(name: string, text: string): void {
    writeFileSync(join(place, "database", "migrations", name), text);
  }

  async function pgstep(...words: string[]): Promise<{ types: string[]; last: Line; status: number | string }> {
    const command = await programCommand("node");
    const { stdout, status } = await run([...command, ...words, "--json"], {
      directory: place,
      environment: { DATABASE_URL: url },
    });
    const last: Line = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    return { types: checked(stdout), last, status };
  }

  /** In this order, each on what the one before it left. */
  const RUNS: readonly (readonly [line: string, last: string, status: number])[] = [
    ["--version", "version", 0],
    ["status", "status", 0],
    ["status --exit-code --verbose", "status", 3],
    ["validate", "validation", 0],
    ["check", "check", 0],
    ["check --explain narrow-key", "rule", 0],
    ["up --dry-run", "run", 0],
    ["up 001 --verbose --log-file log", "run", 0],
    ["seed", "failure", 3],
    ["up", "run", 0],
    ["seed", "seed", 0],
    ["seed --dry-run", "seed", 0],
    ["status --verbose", "status", 0],
    ["down", "failure", 3],
    ["down 2", "failure", 3],
    ["baseline 001", "failure", 3],
    ["resolve 001 --done", "failure", 3],
    ["resolve 001 --applied --yes", "failure", 3],
    ["repair", "repair", 0],
    ["new add more --down", "created", 0],
    ["new", "failure", 2],
    ["init", "initialized", 0],
    ["bundle --output sealed.mjs --pin", "bundled", 0],
    ["bundle", "failure", 2],
    ["up", "run", 0],
    ["redo --dump redone.sql", "run", 0],
    ["config", "settings", 0],
    ["config --lock-wait x", "failure", 2],
    ["wait", "wait", 0],
    ["doctor", "doctor", 0],
    ["doctor --url postgres://nobody@127.0.0.1:1/x", "doctor", 2],
    ["wait --timeout 1s --url postgres://nobody@127.0.0.1:1/x", "failure", 2],
    ["drift", "drift", 0],
    ["plan", "plan", 0],
    ["types", "types", 0],
    ["types --out written.ts", "types", 0],
    ["types nothing", "failure", 2],
    ["dump", "dump", 0],
    ["dump --out schema.sql", "dump", 0],
    ["stats", "stats", 0],
    ["dump --out schema.sql --check", "dump", 0],
    ["diff --to schema.sql", "diff", 0],
    ["load schema.sql", "failure", 3],
    ["load schema.sql --url pglite:memory", "load", 0],
    ["backup --pg-dump none", "backup", 0],
    ["backup --list", "backups", 0],
    ["protect", "protection", 0],
    ["restore $BACKUP --confirm $NAME", "failure", 3],
    ["unprotect", "failure", 3],
    ["unprotect --confirm $NAME", "protection", 0],
    ["restore $BACKUP", "failure", 3],
    ["restore $BACKUP --confirm $NAME", "restore", 0],
    ["reset", "failure", 3],
    ["up --count x", "failure", 2],
    ["nonsense", "failure", 2],
    ["export --to nothing --out exported", "failure", 2],
    ["export --to flyway --out exported", "export", 0],
    ["import --url $OTHER", "failure", 3],
    ["import --url $OTHER --dry-run", "import", 0],
    ["baseline 001 --url $OTHER", "baseline", 0],
    ["status --url $OTHER", "status", 0],
    ["up --url $OTHER", "run", 4],
  ];

  test("is as the schema says, succeeding and failing", async () => {
    for (const [line, last, status] of RUNS) {
      const standing: Readonly<Record<string, () => string>> = {
        $OTHER: () => otherUrl,
        $NAME: () => new URL(url).pathname.slice(1),
        $BACKUP: () => newestBackup(place),
      };
      const words = line.split(" ").map((word) => standing[word]?.() ?? word);
      const outcome = await pgstep(...words);
      assert.deepEqual({ line, type: outcome.last.type, status: outcome.status }, { line, type: last, status });
      // The template as it stands would be refused.
      if (line.startsWith("new add more")) file("003_add_more.sql", "SELECT 3;");
    }
    const log = checked(readFileSync(join(place, "log"), "utf8"));
    assert.deepEqual([log.includes("statement-finished"), log.at(-1)], [true, "run"]);
  });

  test("is as the schema says when files are unsound, changed or gone, and of a reset", async () => {
    file("001_users.sql", "CREATE TABLE users (id int);");
    assert.equal((await pgstep("validate")).status, 3);
    assert.equal((await pgstep("up")).last.type, "failure");
    assert.equal((await pgstep("repair", "--yes")).last.updated, true);
    for (const name of ["001_users.sql", "001_users.down.sql"]) rmSync(join(place, "database", "migrations", name));
    file("004_pending.sql", "SELECT 1;");
    // The file of 001 is missing, and no warning is due: the next migration is applied.
    assert.deepEqual((await pgstep("up")).types.slice(0, 2), ["planned", "step-started"]);
    file("009_unsound.sql", "SELECT 'x;");
    assert.equal((await pgstep("up")).last.code, "files-unsound");
    rmSync(join(place, "database", "migrations", "009_unsound.sql"));
    const name = new URL(url).pathname.slice(1);
    const reset = await pgstep("reset", "--confirm", name, "--up");
    assert.deepEqual(
      reset.types.filter((type) => type === "reset" || type === "run"),
      ["reset", "run"],
    );
  });

  test("is tried for every command", () => {
    const tried = new Set([...RUNS.map(([line]) => line.split(" ")[0]), "reset"]);
    assert.deepEqual(
      COMMANDS.map(({ name }) => name).filter((name) => !tried.has(name)),
      [],
    );
  });
});

/** As `backup` named it. */
function newestBackup(place: string): string {
  const directory = join(place, ".pgstep", "backups");
  return join(directory, readdirSync(directory).sort().at(-1) ?? "");
}
