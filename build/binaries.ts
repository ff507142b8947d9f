import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { ensureBuilt } from "./ensure-built.ts";
import { findRuntime, ROOT } from "./runtimes.ts";
import { readStamp } from "./stamp.ts";
import { TARGETS, type Target } from "./targets.ts";

const OUTPUT = join(ROOT, "dist");
const BINARIES = join(OUTPUT, "binaries");

/**
 * Makes one executable of the built program, the embedded database inside, unless it is there already.
 * Without a target it is for this machine and its runtime is the installed Bun; with one, the runtime is taken from
 * that target's npm package, so that nothing is downloaded from elsewhere.
 */
export async function buildBinary(target?: Target): Promise<string> {
  const program = await ensureBuilt();
  const bun = findRuntime("bun");
  const name = `pgstep${target ? `-${target.name}` : ""}`;
  const path = join(BINARIES, name.includes("windows") ? `${name}.exe` : name);
  const stamp = readStamp(OUTPUT) ?? "";
  const stampPath = `${path}.stamp`;
  if (existsSync(path) && existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) return path;
  mkdirSync(BINARIES, { recursive: true });
  const scratch = mkdtempSync(join(BINARIES, "building-"));
  try {
    const built = join(scratch, "pgstep");
    await promisify(execFile)(
      bun,
      [
        ...["build", "--compile", "--format=esm", "--minify", "--keep-names", "--bytecode"],
        // All runtimes behave alike: settings come from where the program looks for them, not from Bun.
        ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
        // In the checkout Bun would find the package and pack it a second time.
        ...["--external", "@electric-sql/*", "--asset", "embedded"],
        ...(target ? ["--target", target.bun, "--compile-executable-path", runtimeOf(target)] : []),
        ...["--outfile", built, program],
      ],
      { cwd: OUTPUT, timeout: 120_000 },
    );
    renameSync(existsSync(built) ? built : `${built}.exe`, path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  writeFileSync(stampPath, stamp);
  return path;
}

function runtimeOf(target: Target): string {
  const path = join(
    ROOT,
    "node_modules",
    target.bunPackage,
    "bin",
    target.name.startsWith("windows") ? "bun.exe" : "bun",
  );
  if (existsSync(path)) return path;
  throw new Error(
    `Cannot build for ${target.name}: install ${target.bunPackage} first (npm install --no-save --force)`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0) {
    throw new Error(`Unknown target ${unknown.join(", ")}; known: ${TARGETS.map(({ name }) => name).join(", ")}`);
  }
  const targets = names.length === 0 ? [undefined] : TARGETS.filter(({ name }) => names.includes(name));
  for (const target of targets) console.log(await buildBinary(target));
}
