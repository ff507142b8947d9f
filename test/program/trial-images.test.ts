import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, programCommand, type RuntimeName, run } from "../support/program.ts";

/** A project whose last file fails, and names in its error the value that the first file has drawn by lot. */
class Project {
  readonly directory = temporaryPlace("trial-images");
  readonly cache = join(this.directory, "cache", "pgstep");

  constructor() {
    this.write("001_lot.sql", "CREATE EXTENSION pg_trgm; CREATE TABLE lot AS SELECT gen_random_uuid() AS drawn;");
    this.write("002_index.sql", "CREATE INDEX ON lot USING gin ((drawn::text) gin_trgm_ops);");
    this.write("003_show.sql", "DO $$ BEGIN RAISE EXCEPTION 'drawn: %', (SELECT drawn FROM lot); END $$;");
  }

  write(name: string, sql: string, directory = "migrations"): void {
    const path = join(this.directory, "database", directory);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, name), sql);
  }

  async check(runtime: RuntimeName, words: readonly string[]) {
    const command = [...(await programCommand(runtime)), "check", ...words] as const;
    const environment = { XDG_CACHE_HOME: join(this.directory, "cache") };
    return await run(command, { directory: this.directory, environment, timeoutMs: 120_000 });
  }

  /** The value that the first migration has drawn in the database of the check. */
  async drawn(runtime: RuntimeName = "node", words: readonly string[] = ["--since", "002"]): Promise<string> {
    const { stderr } = await this.check(runtime, ["--quiet", ...words]);
    const [, drawn] = /drawn: ([0-9a-f-]{36})/.exec(stderr) ?? [];
    assert.ok(drawn, stderr);
    return drawn;
  }

  images(): string[] {
    return readdirSync(this.cache).map((name) => join(this.cache, name));
  }
}

describe("the image of the migrations that check does not examine", () => {
  for (const runtime of chosenRuntimes()) {
    test(`saves running them again on ${runtime}`, async () => {
      const project = new Project();
      const first = await project.drawn(runtime);
      assert.equal(await project.drawn(runtime), first);
      const [image = "", ...more] = project.images();
      assert.deepEqual(more, []);
      const { mode, size } = statSync(image);
      assert.equal(mode & 0o777, 0o600);
      assert.ok(size < 300_000, `${size} bytes`);
    });
  }

  test("changes nothing of what check finds", async () => {
    const project = new Project();
    project.write("003_show.sql", "ALTER TABLE lot ALTER drawn SET NOT NULL; DROP TABLE lot;");
    project.write("003_show.down.sql", "CREATE TABLE lot (drawn uuid);");
    const findings = async () => (await project.check("node", ["--since", "002", "--json"])).stdout;
    const first = await findings();
    assert.match(first, /destroys-data.*does not restore index/s);
    assert.equal(await findings(), first);
    project.write("002_index.sql", "CREATE INDEX other ON lot (drawn);");
    assert.notEqual(await findings(), first);
  });

  test("says what the text of these migrations says, until a down script has changed", async () => {
    const project = new Project();
    project.write("003_show.sql", "SELECT 1;");
    project.write("004_later.sql", "-- later");
    const words = ["--since", "004"] as const;
    const first = await project.check("node", words);
    assert.deepEqual(await project.check("node", words), first);
    project.write("001_lot.down.sql", "DROP TABLE lot; slect 1;");
    const { stdout } = await project.check("node", words);
    assert.match(stdout, /001_lot\.down\.sql:1:17/);
  });

  test("is of no use once such a migration, a setting or a stand-in has changed", async () => {
    const project = new Project();
    const first = await project.drawn();
    assert.notEqual(await project.drawn("node", ["--since", "002", "--shadow-timezone", "UTC"]), first);
    const second = await project.drawn();
    project.write("server.sql", "CREATE ROLE app;", "stand-ins");
    const third = await project.drawn();
    assert.notEqual(third, second);
    project.write("001_lot.sql", "CREATE TABLE lot AS SELECT gen_random_uuid() AS drawn; CREATE EXTENSION pg_trgm;");
    assert.notEqual(await project.drawn(), third);
    assert.equal(project.images().length, 1);
  });

  test("is continued from where it ends", async () => {
    const project = new Project();
    const first = await project.drawn();
    project.write("003_show.sql", "SELECT 1;");
    project.write("004_show.sql", "DO $$ BEGIN RAISE EXCEPTION 'drawn: %', (SELECT drawn FROM lot); END $$;");
    assert.equal(await project.drawn("node", ["--since", "003"]), first);
    assert.equal(await project.drawn("node", ["--since", "003"]), first);
  });

  test("is made again where it is damaged, or only a part of it is there", async () => {
    const project = new Project();
    const first = await project.drawn();
    const [image = ""] = project.images();
    const content = readFileSync(image);
    content[content.length - 1000] = (content[content.length - 1000] ?? 0) ^ 1;
    writeFileSync(image, content);
    const second = await project.drawn();
    assert.notEqual(second, first);
    writeFileSync(image, readFileSync(image).subarray(0, 5_000));
    assert.notEqual(await project.drawn(), second);
  });

  test("is whole after several checks at once, and without a directory to write to it is not kept", async () => {
    const project = new Project();
    const drawn = await Promise.all([project.drawn(), project.drawn(), project.drawn()]);
    assert.ok(drawn.includes(await project.drawn()));
    assert.equal(project.images().length, 1);
    const other = new Project();
    writeFileSync(join(other.directory, "cache"), "");
    assert.notEqual(await other.drawn(), await other.drawn());
  });
});
