import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { run } from "../support/program.ts";

/** Whatever the network is: behind a proxy that is not there, Deno's host cannot be reached. */
const UNREACHABLE = { HTTPS_PROXY: "http://127.0.0.1:1" };

const compile = (...targets: string[]) =>
  run([process.execPath, "--import", "tsx", join(ROOT, "build", "deno-compile.ts"), ...targets], {
    directory: ROOT,
    environment: UNREACHABLE,
  });

describe("deno compile, where Deno's runtime part cannot be downloaded", () => {
  for (const [target, name] of [
    [undefined, "this machine"],
    ["windows-x64", "windows-x64"],
    ["darwin-arm64", "darwin-arm64"],
    ["all", "linux-x64"],
  ] as const) {
    test(`checks the program, says so, and has a status of its own, for ${target ?? name}`, async () => {
      const { status, stdout, stderr } = await compile(...(target === undefined ? [] : [target]));
      assert.ok(
        stderr.includes(`No executable for ${name}: denort, Deno's runtime part, cannot be downloaded`),
        stderr,
      );
      assert.match(stderr, /deno compile accepts the program, the files inside it and its permissions\.\n$/);
      assert.deepEqual({ status, stdout }, { status: 75, stdout: "" });
      assert.ok(!existsSync(join(ROOT, "dist", "binaries", `pgstep-deno-${name}`)));
    });
  }

  test("knows the targets that Deno has", async () => {
    const { status, stderr } = await compile("linux-x64-musl");
    assert.match(stderr, /deno compile has no target linux-x64-musl; known: all, linux-x64, /);
    assert.equal(status, 1);
  });
});
