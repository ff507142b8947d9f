import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { ONE_FILE } from "./one-file.ts";
import { bundleParser, PARSER_PACKAGE } from "./parser.ts";
import { ROOT } from "./runtimes.ts";

const PACKAGE = join(ROOT, "node_modules", "@electric-sql", "pglite");

/** Increase when this file, base-image.ts or parser.ts changes what it writes. */
const LAYOUT = 7;

/**
 * Makes `<output>/embedded/`: pglite.js, one module that exports `PGlite`, its file system and the name of its base
 * image; the files that it loads; the archives of extensions; the base image, an empty database, so that no command waits
 * for one to be created; and PostgreSQL's parser. Skipped if it exists for the installed versions.
 */
export async function bundleEmbedded(output: string): Promise<void> {
  const version = versionOf(PACKAGE);
  const target = join(output, "embedded");
  const marker = `version-${version}-${versionOf(PARSER_PACKAGE)}-${LAYOUT}`;
  if (existsSync(join(target, marker))) return;
  const building = `${target}.${process.pid}`;
  // Images of databases are differences from this one: another image needs another name.
  const image = `base-${version}-${LAYOUT}.tar.br`;
  mkdirSync(building, { recursive: true });
  await build({
    stdin: {
      contents: [
        `export { PGlite } from "@electric-sql/pglite";`,
        `export { FilesInMemory } from "./src/adapters/embedded/memory-files.ts";`,
        `export const baseImage = "${image}";`,
      ].join("\n"),
      resolveDir: ROOT,
    },
    outfile: join(building, "pglite.js"),
    ...ONE_FILE,
    logOverride: { "empty-import-meta": "silent" },
    plugins: [changed],
  });
  for (const name of readdirSync(join(PACKAGE, "dist"))) {
    if (/\.(wasm|data|tar\.gz)$/.test(name)) cpSync(join(PACKAGE, "dist", name), join(building, name));
  }
  await bundleParser(building);
  await promisify(execFile)(
    process.execPath,
    [
      ...["--import", "tsx", join(ROOT, "build", "base-image.ts")],
      ...[pathToFileURL(join(building, "pglite.js")).href, join(building, image)],
    ],
    { cwd: ROOT, timeout: 300_000 },
  );
  cpSync(join(PACKAGE, "LICENSE"), join(building, "LICENSE"));
  cpSync(join(PACKAGE, "package.json"), join(building, marker));
  rmSync(target, { recursive: true, force: true });
  try {
    renameSync(building, target);
  } catch (error) {
    // Another build was faster, with the same content.
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(join(target, marker))) throw error;
  }
}

/** Puts the stand-ins for extensions beside the embedded database, as one directory. */
export function copyStandIns(output: string): void {
  const target = join(output, "embedded", "stand-ins");
  const building = `${target}.${process.pid}`;
  cpSync(join(ROOT, "src", "adapters", "embedded", "stand-ins"), building, { recursive: true });
  rmSync(target, { recursive: true, force: true });
  try {
    renameSync(building, target);
  } catch (error) {
    // Another build was faster, with the same content.
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

function versionOf(directory: string): string {
  return (JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string }).version;
}

/**
 * PGlite's modules with two changes. Archives are read whole instead of streamed, because Bun cannot stream files
 * inside a compiled binary. And scripts in libraries are not evaluated: SQL can write a library file and load it, and
 * its script would run outside the database's sandbox. No extension has such scripts.
 */
const changed: Plugin = {
  name: "changed",
  setup({ onLoad }) {
    onLoad({ filter: /pglite[/\\]dist[/\\].*\.js$/ }, ({ path }) => ({
      contents: withoutEval(readFileSync(path, "utf8"), path).replace(
        /(\w+)\.createReadStream\((\w+)\)/g,
        "[$1.readFileSync($2)]",
      ),
      loader: "js",
      resolveDir: dirname(path),
    }));
  },
};

const REFUSED = '(()=>{throw new Error("scripts of libraries are not run")})()';

/** @throws Error if the module evaluates text in a way that is not known here */
export function withoutEval(module: string, path: string): string {
  const text = module.replace(/=eval\(func\)/g, `=${REFUSED}`);
  if (/\beval\b|\bnew Function\b/.test(text))
    throw new Error(`${path} evaluates text: check what it is, and remove it`);
  return text;
}
