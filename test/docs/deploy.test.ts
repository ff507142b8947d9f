import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findRuntime } from "../../build/runtimes.ts";
import { documentationPages, readPage } from "../support/documentation.ts";
import { fileOf, type PageFile, pageBlocks } from "../support/page-file.ts";
import { openPageWorld, type PageWorld } from "../support/page-world.ts";
import { findPgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

/*
 * The recipes of docs/deploy.md: what each of its files would have a system run is run here, in the order of the file.
 */

const page = readPage("docs/deploy.md").text;
const files = pageBlocks(page).flatMap((block) => fileOf(block) ?? []);
const DATABASE_URL = "postgres://me@localhost/app";

function file(path: string): PageFile {
  const found = files.find((candidate) => candidate.path === path);
  assert.ok(found, `docs/deploy.md has no ${path}`);
  return found;
}

/** YAML as Bun reads it. @throws where it is none */
function parseYaml(texts: readonly string[]): unknown[] {
  const script = "console.log(JSON.stringify(JSON.parse(await Bun.stdin.text()).map((text) => Bun.YAML.parse(text))))";
  const { stdout, stderr, status } = spawnSync(findRuntime("bun"), ["-e", script], {
    input: JSON.stringify(texts),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as unknown[];
}

/** The shell lines of CI steps, and the words of containers' commands, in the order in which they stand. */
function commandsOf(value: unknown, key = ""): string[] {
  if (typeof value === "string") return ["run", "script", "command"].includes(key) ? [value] : [];
  if (Array.isArray(value)) {
    if (key === "command" || key === "entrypoint") return value.length > 0 ? [value.join(" ")] : [];
    return value.flatMap((item) => commandsOf(item, key));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => commandsOf(item, name));
}

/** Lines of a file that is no YAML. */
function linesOf(path: string, pattern: RegExp): string[] {
  return [...file(path).text.matchAll(pattern)].map(([, line = ""]) => line);
}

const RECIPES: readonly [path: string, commands: () => readonly string[], count: number][] = [
  [
    "Dockerfile",
    () => [
      linesOf("Dockerfile", /^(?:ENTRYPOINT|CMD) (\[.*\])$/gm)
        .flatMap((words) => JSON.parse(words) as string[])
        .join(" "),
    ],
    1,
  ],
  ["compose.yaml", () => yamlCommands("compose.yaml"), 2],
  [".github/workflows/migrations.yml", () => yamlCommands(".github/workflows/migrations.yml"), 5],
  [".gitlab-ci.yml", () => yamlCommands(".gitlab-ci.yml"), 5],
  [".circleci/config.yml", () => yamlCommands(".circleci/config.yml"), 3],
  ["Jenkinsfile", () => linesOf("Jenkinsfile", /\bsh '([^']*)'/g).filter(isOurs), 2],
  ["kubernetes/job.yaml", () => yamlCommands("kubernetes/job.yaml"), 1],
  ["kubernetes/deployment.yaml", () => yamlCommands("kubernetes/deployment.yaml"), 2],
  ["Procfile", () => linesOf("Procfile", /^\w+: (.*)$/gm), 2],
  ["app.service", () => linesOf("app.service", /^ExecStart(?:Pre)?=\/usr\/bin\/(.*)$/gm), 2],
];

function yamlCommands(path: string): string[] {
  return commandsOf(parseYaml([file(path).text])[0]).filter(isOurs);
}

/** Not the installing of packages, which is npm's affair. */
function isOurs(command: string): boolean {
  return !/^npm ci\b/.test(command);
}

describe("deploying", { skip: process.platform === "win32" && "the recipes are for a POSIX shell" }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop("immediate"));

  async function inWorld(work: (world: PageWorld) => Promise<void>): Promise<void> {
    const world = await openPageWorld(server, DATABASE_URL);
    try {
      for (const name of ["001_create_users.sql", "001_create_users.down.sql"]) {
        world.write(file(`database/migrations/${name}`));
      }
      world.write(file("server.js"));
      await work(world);
    } finally {
      world.close();
    }
  }

  for (const [path, commands, count] of RECIPES) {
    test(path, { timeout: 120_000 }, () =>
      inWorld(async (world) => {
        const lines = commands();
        assert.equal(lines.length, count, lines.join("\n"));
        let output = "";
        for (const line of lines) {
          const { stdout, status } = await world.run(`export DATABASE_URL=${DATABASE_URL}\n${line}`);
          assert.equal(status, 0, `${line}\n${stdout}`);
          output += stdout;
        }
        const applied = await server.query("app", "SELECT version FROM schema_migrations");
        assert.equal(applied.length, 1, output);
        assert.ok(/^Applied 1 migration /m.test(output), output);
        const serves = /server\.js/.test(lines.join("\n"));
        assert.equal(/^Serving\.$/m.test(output), serves, output);
      }),
    );
  }

  const pgbouncer = findPgbouncer();
  test("through pgbouncer", { skip: pgbouncer === undefined && "pgbouncer is not installed" }, () =>
    inWorld(async (world) => {
      const pooler = await startPgbouncer(pgbouncer ?? "", server);
      try {
        const line = `export DATABASE_URL=${pooler.url("app")}; for replica in 1 2 3; do pgstep up --quiet & done; wait; pgstep status; pgstep doctor`;
        const { stdout } = await world.run(line);
        assert.match(stdout, /Applied migrations: 1\nPending migrations: 0/);
        assert.match(stdout, /pooler +a transaction pooler|pooler .*transaction/);
      } finally {
        await pooler.stop();
      }
    }),
  );

  test("systemd takes the unit", { skip: spawnSync("systemd-analyze", ["--version"]).error !== undefined }, () => {
    const place = temporaryPlace("unit");
    const unit = join(place, "app.service");
    // The machine of the test has no such user and perhaps its node elsewhere; neither is what is looked at.
    writeFileSync(
      unit,
      file("app.service")
        .text.replaceAll("/usr/bin/node", "/bin/true")
        .replace(/^User=.*\n/m, ""),
    );
    const { stdout, stderr, status } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
    const notes = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("app.service"));
    assert.deepEqual({ status, notes }, { status: 0, notes: [] });
  });
});

test("all YAML of the documentation can be read", () => {
  const blocks = documentationPages().flatMap(({ text }) =>
    pageBlocks(text).filter(({ language }) => language === "yaml"),
  );
  const parsed = parseYaml(blocks.map(({ lines }) => lines.join("\n")));
  assert.ok(parsed.length > 5);
  for (const value of parsed) assert.ok(typeof value === "object" && value !== null);
});

test("all JSON of the documentation can be read", () => {
  for (const { path, text } of documentationPages()) {
    for (const block of pageBlocks(text).filter(({ language }) => language === "json")) {
      const json = fileOf(block)?.text ?? block.lines.join("\n");
      assert.doesNotThrow(() => JSON.parse(json), `${path}:${block.start}`);
    }
  }
});
