import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { sharedServer } from "./support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "./support/program.ts";

/*
 * Users as containers and sudo make them: without a home, unknown to the system, in a directory of another's.
 */

/** The words before those of a program that it runs as a user whom nobody has written down. */
const AS_STRANGER = [
  "setpriv",
  "--reuid",
  "12345",
  "--regid",
  "12345",
  "--clear-groups",
  "env",
  "--unset=HOME",
] as const;
const SKIP = process.getuid?.() !== 0 && "only root may be another";

const place = mkdtempSync(join(tmpdir(), "pgstep-homeless-"));
after(() => rmSync(place, { recursive: true, force: true }));
chmodSync(place, 0o755);
mkdirSync(join(place, "database", "migrations"), { recursive: true });
writeFileSync(join(place, "database", "migrations", "001_a.sql"), "CREATE TABLE a ();\n");
writeFileSync(join(place, ".pg_service.conf"), "[here]\nhost=127.0.0.1\n");

for (const runtime of chosenRuntimes()) {
  describe(`without a home directory, on ${runtime}`, () => {
    test("nothing of it is read from the working directory", async () => {
      const command = [...(await programCommand(runtime)), "status"] as const;
      const environment = { HOME: "", PGSERVICE: "here", DENO_DIR: join(place, "deno") };
      const { status, stderr } = await run([...command], { directory: place, environment });
      assert.match(
        stderr,
        /Cannot use the service "here" from PGSERVICE: there is no such section in \/.*\.pg_service\.conf$/m,
      );
      assert.equal(status, 2);
    });

    test("a user whom nobody has written down migrates", { skip: SKIP }, async () => {
      const { url } = await (await sharedServer()).createDatabase();
      const command = [...AS_STRANGER, ...(await programCommand(runtime)), "up"] as const;
      // Deno keeps what it has compiled somewhere.
      const cache = mkdtempSync(join(tmpdir(), "pgstep-homeless-deno-"));
      const environment = { DATABASE_URL: url, DENO_DIR: join(cache, "absent"), TMPDIR: tmpdir() };
      const { status, stdout, stderr } = await run([...command], { directory: place, environment });
      rmSync(cache, { recursive: true, force: true });
      assert.match(stdout, /Applied 1 migration /, stderr);
      assert.equal(status, 0);
    });

    test("a working directory that is closed to this user is told", { skip: SKIP }, async () => {
      const closed = mkdtempSync(join(tmpdir(), "pgstep-closed-"));
      const command = [...AS_STRANGER, ...(await programCommand(runtime)), "status"] as const;
      const environment = { DENO_DIR: join(place, "absent"), DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" };
      const { status, stderr } = await run([...command], { directory: closed, environment });
      rmSync(closed, { recursive: true });
      assert.match(stderr, /^error: Cannot look for a project file: this user may not search \/.*pgstep-closed-/m);
      assert.equal(status, 2, stderr);
    });
  });
}
