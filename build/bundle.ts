import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build, type Metafile } from "esbuild";
import { bundleEmbedded } from "./embedded.ts";
import { ROOT } from "./runtimes.ts";
import { sourceStamp, writeStamp } from "./stamp.ts";

/**
 * Makes dist/: the program, the library, its types, and the embedded database. Each file is replaced in one step,
 * so that programs which run meanwhile, or another build, find it old or new but whole.
 */
export async function bundle(output: string = join(ROOT, "dist")): Promise<void> {
  const stamp = sourceStamp();
  mkdirSync(output, { recursive: true });
  const [program, library] = await Promise.all([
    bundleModule("src/main.ts", "#!/usr/bin/env node"),
    bundleModule("src/index.ts", ""),
  ]);
  await Promise.all([bundleEmbedded(output), emitTypes(join(output, "types"))]);
  replace(join(output, "pgstep.js"), program.text);
  chmodSync(join(output, "pgstep.js"), 0o755);
  replace(join(output, "index.js"), library.text);
  replace(join(output, "licenses.txt"), licenses(program.metafile));
  writeStamp(output, stamp);
}

async function bundleModule(entry: string, banner: string): Promise<{ text: string; metafile: Metafile }> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const result = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    outfile: "out.js",
    write: false,
    metafile: true,
    bundle: true,
    splitting: false,
    format: "esm",
    platform: "node",
    target: "node20.19",
    // Names stay, so that the stack of a bug report can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    banner: { js: banner },
    define: { PGSTEP_VERSION: JSON.stringify(version) },
    external: ["@electric-sql/pglite", "@electric-sql/pglite/*"],
    logLevel: "error",
  });
  return { text: result.outputFiles[0]?.text ?? "", metafile: result.metafile };
}

/** Writes declarations even where types are wrong: judging them is the type check's part. */
async function emitTypes(directory: string): Promise<void> {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const said = await promisify(execFile)(process.execPath, [
    compiler,
    ...["--project", join(ROOT, "tsconfig.types.json"), "--outDir", directory],
  ]).then(
    () => "",
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
  if (!existsSync(join(directory, "index.d.ts"))) throw new Error(`Cannot write type declarations:\n${said}`);
}

/** The licence of every package that went into the program. */
function licenses(metafile: Metafile): string {
  const packages = new Set<string>();
  for (const path of Object.keys(metafile.inputs)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (name) packages.add(name);
  }
  return [...packages]
    .sort()
    .map((name) => {
      const directory = join(ROOT, "node_modules", name);
      const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
      const file = ["LICENSE", "LICENSE.md", "UNLICENSE"].map((base) => join(directory, base)).find(existsSync);
      const text = file ? readFileSync(file, "utf8").trim() : `Licence: ${manifest.license}`;
      return `${name} ${manifest.version}\n\n${text}\n`;
    })
    .join("\n---\n\n");
}

interface Manifest {
  readonly version: string;
  readonly license: string;
}

function replace(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle();
