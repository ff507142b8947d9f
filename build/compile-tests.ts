import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { ROOT } from "./runtimes.ts";

/** The modules that look for files beside the program. */
const EMBEDDED = join(ROOT, "src", "adapters", "embedded");

/**
 * A module in a bundle still says where its source is. Those of the embedded database find the built one: the package
 * without a base image takes five times as long to start.
 */
const ownPlaces: Plugin = {
  name: "own-places",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const place = path.startsWith(EMBEDDED) ? join(ROOT, "dist", basename(path)) : path;
      const places = { MODULE_URL: pathToFileURL(place).href, MODULE_DIRECTORY: dirname(path) };
      const constants = Object.entries(places).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
      return { contents: `${constants.join(" ")} ${readFileSync(path, "utf8")}`, loader: "ts" };
    });
  },
};

/**
 * Compiles test files, so that loading one takes a tenth of a second and not two: tsx compiles each of several hundred
 * modules alone. Errors show the places in the sources with `--enable-source-maps`.
 * @param files paths from the root
 * @returns the compiled files, in the same order, which is also that of their paths: Node runs test files in that order
 */
export async function compileTests(files: readonly string[], directory: string): Promise<string[]> {
  await build({
    entryPoints: files.map((file, index) => ({ in: join(ROOT, file), out: compiledName(file, index) })),
    outdir: directory,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: true,
    define: { "import.meta.url": "MODULE_URL", "import.meta.dirname": "MODULE_DIRECTORY" },
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
    plugins: [ownPlaces],
  });
  return files.map((file, index) => join(directory, `${compiledName(file, index)}.mjs`));
}

/** "0012/test/core/plan/estimates.test". */
function compiledName(file: string, index: number): string {
  return join(String(index).padStart(4, "0"), file.replace(/\.ts$/, ""));
}
