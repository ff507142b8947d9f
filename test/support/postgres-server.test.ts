import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type PostgresServer, sharedServer, startPostgres } from "./postgres-server.ts";

const started: PostgresServer[] = [];
after(() => Promise.all(started.map((server) => server.stop("immediate"))));

describe("a server for tests", () => {
  for (const major of [15, 18] as const) {
    test(`PostgreSQL ${major} answers and keeps databases apart`, async () => {
      const server = await sharedServer(major);
      const one = await server.createDatabase("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)");
      const two = await server.createDatabase();
      assert.deepEqual(await server.query(one.name, "SELECT a FROM t ORDER BY a"), [{ a: 1 }, { a: 2 }]);
      assert.deepEqual(await server.query(two.name, "SELECT to_regclass('t') AS t"), [{ t: null }]);
      const [facts] = await server.query(
        one.name,
        `SELECT current_setting('server_version_num')::int / 10000 AS major, datcollate, pg_encoding_to_char(encoding) AS encoding
           FROM pg_database WHERE datname = current_database()`,
      );
      assert.deepEqual(facts, { major, datcollate: "C.UTF-8", encoding: "UTF8" });
    });
  }

  test("after a crash it comes back on its port with what was committed", async () => {
    const server = await startPostgres({ settings: { synchronous_commit: "on" } });
    started.push(server);
    const { name } = await server.createDatabase("CREATE TABLE t AS SELECT 7 AS a");
    const { pid, port } = server;
    await server.restart("immediate");
    assert.notEqual(server.pid, pid);
    assert.equal(server.port, port);
    assert.deepEqual(await server.query(name, "SELECT a FROM t"), [{ a: 7 }]);
  });

  test("it ends with the process that started it, even when that is killed", { timeout: 60_000 }, async () => {
    const script = `import { startPostgres } from "./postgres-server.ts";
      const server = await startPostgres();
      console.log(JSON.stringify([server.pid, server.socketDirectory]));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
    const [pid, socketDirectory] = JSON.parse(line) as [number, string];
    assert.ok(alive(pid));
    child.kill("SIGKILL");
    for (let waited = 0; waited < 10_000 && (alive(pid) || existsSync(dirname(socketDirectory))); waited += 50) {
      await sleep(50);
    }
    assert.equal(alive(pid), false);
    assert.equal(existsSync(join(socketDirectory, "..")), false);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
