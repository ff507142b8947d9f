import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { ensureBuilt } from "./ensure-built.ts";
import { findRuntime, ROOT } from "./runtimes.ts";
import { hostTarget, TARGETS } from "./targets.ts";

/*
 * `deno task compile [target...]`, `npm run binary:deno`: executables by `deno compile`, for this machine, the given
 * targets, or "all". Deno downloads their runtime, denort, from its own host.
 *
 * If denort cannot be downloaded, the deno executable is used in its place, to check the modules, the included files
 * and the permissions. The result is deleted, because it is not the program, and the exit status is 75 (EX_TEMPFAIL of
 * sysexits.h). DENORT_BIN names an existing denort.
 */

const CHECKED_ONLY = 75;
const UNREACHABLE = /denort|dl\.deno\.land|error sending request|Download could not be found/;

const names = process.argv.slice(2);
const known = TARGETS.flatMap(({ name, deno }) => (deno ? [{ name, flags: ["--target", deno] }] : []));
const unknown = names.find((name) => name !== "all" && !known.some((target) => target.name === name));
if (unknown !== undefined) {
  throw new Error(`deno compile has no target ${unknown}; known: all, ${known.map(({ name }) => name).join(", ")}`);
}
const chosen = names.includes("all") ? known : known.filter(({ name }) => names.includes(name));

const program = await ensureBuilt();
const deno = findRuntime("deno");
const scratch = mkdtempSync(join(tmpdir(), "pgstep-deno-"));
try {
  for (const { name, flags } of chosen.length > 0 ? chosen : [{ name: undefined, flags: [] }]) {
    const output = join(ROOT, "dist", "binaries", `pgstep-deno${name ? `-${name}` : ""}`);
    mkdirSync(dirname(output), { recursive: true });
    const source = await stamped(name ?? hostTarget());
    const made = compile(source, output, flags, {});
    if (made.ok) {
      console.log(output);
      continue;
    }
    console.error(made.said);
    if (!UNREACHABLE.test(made.said)) {
      process.exitCode = 1;
      break;
    }
    // Always for this machine: the check is the same, and its deno does not run on other systems.
    const checked = compile(source, join(scratch, "checked"), [], { DENORT_BIN: deno });
    if (!checked.ok) console.error(checked.said);
    process.exitCode = checked.ok ? CHECKED_ONLY : 1;
    if (checked.ok) {
      console.error(
        `No executable for ${name ?? "this machine"}: denort, Deno's runtime part, cannot be downloaded here.`,
      );
      console.error("deno compile accepts the program, the files inside it and its permissions.");
    }
    break;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A copy of the program with its target compiled in, and the embedded database beside it. */
async function stamped(target: string): Promise<string> {
  const directory = join(scratch, target);
  mkdirSync(directory, { recursive: true });
  for (const name of ["start.js", "program.js"]) {
    const { code } = await transform(readFileSync(join(dirname(program), name), "utf8"), {
      define: { PGSTEP_TARGET: JSON.stringify(target) },
      minifySyntax: true,
      minifyWhitespace: true,
      target: "es2023",
    });
    writeFileSync(join(directory, name), code);
  }
  cpSync(join(dirname(program), "embedded"), join(directory, "embedded"), { recursive: true });
  return join(directory, "start.js");
}

function compile(
  source: string,
  output: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
): { readonly ok: boolean; readonly said: string } {
  const { status, stderr, error } = spawnSync(
    deno,
    [
      ...["compile", "--quiet", "--no-config", "--no-lock", ...permissions(), ...flags],
      ...["--include", join(dirname(source), "embedded"), "--output", output, source],
    ],
    {
      cwd: scratch,
      encoding: "utf8",
      timeout: 300_000,
      env: { ...process.env, NO_COLOR: "1", DENO_DIR: join(scratch, "cache"), ...environment },
    },
  );
  return { ok: status === 0, said: error ? String(error) : stderr.trim() };
}

/** The permissions in deno.json, the only list of them. */
function permissions(): string[] {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { tasks: { pgstep: string } };
  return tasks.pgstep.split(" ").filter((word) => word.startsWith("--allow-"));
}
