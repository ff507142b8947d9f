import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
const place = temporaryPlace("version");

for (const runtime of chosenRuntimes()) {
  describe(`pgstep --version on ${runtime}`, () => {
    const start = async (words: readonly string[], environment?: Readonly<Record<string, string>>) =>
      run([...(await programCommand(runtime)), ...words], { directory: place, ...(environment && { environment }) });

    for (const [what, text] of [
      ["asks for JSON", '{ "format": "json" }'],
      ["cannot be read", "{"],
    ] as const) {
      test(`is the same where a project file ${what}`, async () => {
        writeFileSync(join(place, "pgstep.json"), text);
        for (const word of ["--version", "-v"]) {
          assert.deepEqual(await start([word]), { status: 0, stdout: `pgstep ${version}\n`, stderr: "" });
        }
      });
    }

    test("is JSON when the command line or the environment says so", async () => {
      const typed = await start(["--version", "--json"]);
      assert.equal(JSON.parse(typed.stdout).version, version);
      assert.deepEqual(await start(["--version"], { PGSTEP_FORMAT: "json" }), typed);
    });

    test("fails when it cannot be written", async () => {
      const command = await programCommand(runtime);
      const words = ["sh", "-c", 'exec "$@" > /dev/full', "sh", ...command, "--version"] as const;
      const { status, stderr } = await run([...words], { directory: place });
      assert.match(stderr, /^error: Cannot write the output: /m);
      assert.equal(status, 2);
    });
  });
}
