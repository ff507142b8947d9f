import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileExecutable } from "./compile.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { bunRuntime } from "./release/bun-runtime.ts";
import { ROOT } from "./runtimes.ts";
import { readStamp } from "./stamp.ts";
import { hostTarget, type Target, targetsNamed } from "./targets.ts";

const OUTPUT = join(ROOT, "dist");
const BINARIES = join(OUTPUT, "binaries");

/**
 * Makes one executable of the built program, unless an up-to-date one exists. Without a target it is for this machine,
 * with the installed Bun as its runtime; with one, the runtime comes from that target's npm package.
 */
export async function buildBinary(target?: Target): Promise<string> {
  const program = await ensureBuilt();
  const file = `pgstep${target ? `-${target.name}` : ""}`;
  const path = join(BINARIES, file.includes("windows") ? `${file}.exe` : file);
  const stamp = readStamp(OUTPUT) ?? "";
  const stampPath = `${path}.stamp`;
  if (existsSync(path) && existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) return path;
  mkdirSync(BINARIES, { recursive: true });
  await compileExecutable({
    directory: dirname(program),
    name: target?.name ?? hostTarget(),
    ...(target && { foreign: { target, runtime: await bunRuntime(target) } }),
    output: path,
  });
  writeFileSync(stampPath, stamp);
  return path;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const names = process.argv.slice(2);
  const targets = names.length === 0 ? [undefined] : targetsNamed(names);
  for (const target of targets) console.log(await buildBinary(target));
}
