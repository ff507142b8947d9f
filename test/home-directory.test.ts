import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { sharedServer } from "./support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "./support/program.ts";

const NOBODY_KNOWN = "12345";
const IS_ROOT = process.getuid?.() === 0;

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
      assert.match(stderr, /Cannot use the service "here" from PGSERVICE: \/.*\.pg_service\.conf has no such section/);
      assert.equal(status, 2);
    });

    test("a user whom nobody has written down migrates", { skip: !IS_ROOT && "only root may be another" }, async () => {
      const { url } = await (await sharedServer()).createDatabase();
      const words = ["--reuid", NOBODY_KNOWN, "--regid", NOBODY_KNOWN, "--clear-groups", "env", "--unset=HOME"];
      const command = ["setpriv", ...words, ...(await programCommand(runtime)), "up"] as const;
      // Deno keeps what it has compiled somewhere.
      const cache = mkdtempSync(join(tmpdir(), "pgstep-homeless-deno-"));
      const environment = { DATABASE_URL: url, DENO_DIR: join(cache, "absent"), TMPDIR: tmpdir() };
      const { status, stdout, stderr } = await run([...command], { directory: place, environment });
      rmSync(cache, { recursive: true, force: true });
      assert.match(stdout, /Applied 1 migration /, stderr);
      assert.equal(status, 0);
    });
  });
}
