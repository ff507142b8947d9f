import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findRuntime, ROOT } from "../../build/runtimes.ts";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryPlace } from "../support/place.ts";
import { run } from "../support/program.ts";
import { makeTlsWorld, type TlsWorld } from "../support/tls-world.ts";

interface Outcome {
  readonly bun: { readonly refused?: string; readonly database?: string };
  readonly pgstep: string | { readonly refused: string };
}

const directory = temporaryPlace("bun-sql", {
  "001_a.sql": "CREATE TABLE a AS SELECT current_setting('application_name') AS name;",
});

describe("a runner on a connection of Bun", () => {
  let world: TlsWorld;
  before(async () => {
    world = await makeTlsWorld("local all all trust\nhostssl all app all scram-sha-256\nhost all postgres all trust");
    await world.server.query("postgres", "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'secret'");
  });
  after(() => world.end());

  async function outcomesOf(all: readonly object[]): Promise<readonly Outcome[]> {
    const program = join(ROOT, "test", "library", "bun-sql.ts");
    const command = [findRuntime("bun"), program, directory, JSON.stringify(all)] as const;
    const { stdout, stderr } = await run([...command], { directory });
    assert.equal(stderr, "");
    return JSON.parse(stdout) as readonly Outcome[];
  }

  test("uses its settings: host or socket, password function, start-up parameters", async () => {
    const { port, socketDirectory, url } = world.server;
    const names = await Promise.all([1, 2, 3, 4].map(async () => (await world.server.createDatabase()).name));
    const [first = "", second = "", third = "", fourth = ""] = names;
    const outcomes = await outcomesOf([
      { url: url(first) },
      { hostname: "127.0.0.1", port, username: "postgres", database: second, connection: { application_name: "mine" } },
      { path: join(socketDirectory, `.s.PGSQL.${port}`), username: "postgres", database: third },
      {
        ...{ hostname: "localhost", port, username: "app", password: "secret", database: fourth },
        tls: { ca: world.authority.certificate },
      },
    ]);
    for (const [index, { bun, pgstep }] of outcomes.entries()) {
      assert.equal(bun.database, names[index], JSON.stringify(bun));
      assert.ok(typeof pgstep === "string" && pgstep.startsWith(`${names[index]} on `), JSON.stringify(pgstep));
    }
    const applications = await Promise.all(names.map((name) => world.server.query(name, "SELECT name FROM a")));
    assert.deepEqual(
      applications.map(([row]) => row?.name),
      ["pgstep", "mine", "pgstep", "pgstep"],
    );
  });

  test("verifies the server exactly when Bun does", async () => {
    const { port } = world.server;
    const place = { hostname: "localhost", port, username: "app", password: "secret" };
    const { certificate: wrong } = makeCertificate({ name: "another authority" });
    const ways: object[] = [
      { tls: true },
      { tls: false },
      { tls: { rejectUnauthorized: false } },
      { tls: { rejectUnauthorized: true } },
      { tls: { ca: world.authority.certificate } },
      { tls: { ca: wrong } },
      ...["disable", "prefer", "require", "verify-ca", "verify-full"].map((mode) => ({ mode })),
    ];
    const given = await Promise.all(
      ways.map(async (way) => {
        const { name } = await world.server.createDatabase();
        const url = `postgres://app:secret@localhost:${port}/${name}`;
        return "mode" in way ? { url: `${url}?sslmode=${way.mode}` } : { ...place, database: name, ...way };
      }),
    );
    const outcomes = await outcomesOf(given);
    assert.deepEqual(
      outcomes.map(({ pgstep }, index) => [ways[index], typeof pgstep === "string"]),
      outcomes.map(({ bun }, index) => [ways[index], bun.refused === undefined]),
      JSON.stringify(outcomes, null, 1),
    );
  });
});
