import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";

const execute = promisify(execFile);

/** As the user's specification has it: npm keeps `--table` for itself, in one spelling with its value and in one without. */
describe("npm run entityGen", () => {
  let url = "";
  const directory = temporaryPlace("entities");
  before(async () => {
    const server = await sharedServer(18);
    url = (await server.createDatabase("CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE orders (id int)")).url;
  });

  for (const words of [["--table", "users"], ["--table=users"]]) {
    test(words.join(" "), async () => {
      const out = join(directory, words.join("-"));
      await execute("npm", ["run", "entityGen", ...words], {
        cwd: ROOT,
        env: { ...process.env, DATABASE_URL: url, ENTITY_DIRECTORY: `${out}/` },
        timeout: 120_000,
      });
      assert.deepEqual(readdirSync(out).sort(), ["index.ts", "users.ts"]);
      assert.match(readFileSync(join(out, "users.ts"), "utf8"), /export interface Users \{/);
      assert.ok(!existsSync(join(out, "orders.ts")));
    });
  }
});
