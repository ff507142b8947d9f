import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "./ensure-built.ts";
import { findRuntime, ROOT } from "./runtimes.ts";
import { TARGETS } from "./targets.ts";

/*
 * `deno compile` for the targets named, or for this machine. It fetches its runtime part, denort, from Deno's own
 * host. Where that cannot be reached, `--check` sets the deno executable itself in its place: that proves the module
 * graph, the included files and the permissions, and the result is thrown away, because it is not the program.
 */

const args = process.argv.slice(2);
const checkOnly = args.includes("--check");
const names = args.filter((argument) => argument !== "--check");
const targets = names.map((name) => {
  const target = TARGETS.find((known) => known.name === name)?.deno;
  if (target === undefined) throw new Error(`deno compile has no target "${name}"`);
  return { name, flags: ["--target", target] };
});

const program = await ensureBuilt();
const deno = findRuntime("deno");
const scratch = mkdtempSync(join(tmpdir(), "pgstep-deno-"));
for (const { name, flags } of targets.length > 0 ? targets : [{ name: "this machine", flags: [] }]) {
  const output = checkOnly
    ? join(scratch, "pgstep")
    : join(ROOT, "dist", "binaries", `pgstep-deno-${name.replaceAll(" ", "-")}`);
  const { status } = spawnSync(
    deno,
    [
      ...["compile", "--no-config", "--no-lock", ...permissions(), ...flags],
      ...["--include", join(ROOT, "dist", "embedded"), "--output", output, program],
    ],
    {
      cwd: scratch,
      stdio: "inherit",
      timeout: 300_000,
      env: { ...process.env, DENO_DIR: join(scratch, "cache"), ...(checkOnly && { DENORT_BIN: deno }) },
    },
  );
  if (status !== 0) process.exitCode = 1;
  else if (checkOnly)
    console.log("deno compile accepts the program, its files and its permissions; no binary was kept.");
}
rmSync(scratch, { recursive: true, force: true });

/** The one list of permissions, that of deno.json. */
function permissions(): string[] {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { tasks: { pgstep: string } };
  return tasks.pgstep.split(" ").filter((word) => word.startsWith("--allow-"));
}
