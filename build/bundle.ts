import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { VOCABULARY } from "../src/commands/index.ts";
import { emitDeclarations } from "./declarations.ts";
import { bundleDump, PG_DUMP, PG_DUMP_NOTICES } from "./dump.ts";
import { bundleEmbedded, copyStandIns } from "./embedded.ts";
import { manPage } from "./man.ts";
import { pack } from "./pack.ts";
import { PARSER, PARSER_NOTICES } from "./parser.ts";
import { ROOT } from "./runtimes.ts";
import { sourceStamp, writeStamp } from "./stamp.ts";

/**
 * Makes dist/: the program, the library, its types, the embedded database, the parser and pg_dump. Replaces each file
 * atomically, so that running programs and other builds see the old file or the new one. Only a release names a commit.
 * Returns the packages that the program contains.
 */
export async function bundle(output: string = join(ROOT, "dist"), commit?: string): Promise<readonly string[]> {
  const stamp = sourceStamp();
  mkdirSync(output, { recursive: true });
  const [program, library, start] = await Promise.all([
    bundleModule("src/main.ts", "", commit),
    bundleModule("src/index.ts", "", commit),
    bundleModule("src/start.ts", "", commit, [besideIt]),
  ]);
  const { define, minify } = settings(commit);
  const packed = await pack(program.metafile, "src/main.ts", {
    ...minify,
    define: { ...define, "import.meta.url": "$.url", "import.meta.resolve": "$.resolve" },
  });
  const banner = `#!/usr/bin/env node\nconst PGSTEP_PACK=${packed};`;
  const script = await bundleModule("src/start.ts", banner, commit, [insideIt, gotByCall]);
  await Promise.all([bundleEmbedded(output), emitDeclarations(join(output, "types"))]);
  await bundleDump(output);
  copyStandIns(output);
  replace(join(output, "pgstep.js"), script.text);
  chmodSync(join(output, "pgstep.js"), 0o755);
  replace(join(output, "index.js"), library.text);
  replace(join(output, "start.js"), start.text);
  replace(join(output, "program.js"), program.text);
  const packages = [...packagesOf(program.metafile), PARSER, PG_DUMP].sort();
  replace(join(output, "licenses.txt"), licenses(packages));
  replace(join(output, "man", "pgstep.1"), manPage(VOCABULARY, { version: version(), date: buildDate() }));
  writeStamp(output, stamp);
  return packages;
}

async function bundleModule(
  entry: string,
  banner: string,
  commit: string | undefined,
  plugins: Plugin[] = [],
): Promise<{ text: string; metafile: Metafile }> {
  const { define, minify } = settings(commit);
  const result = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    outfile: "out.js",
    write: false,
    metafile: true,
    bundle: true,
    splitting: false,
    format: "esm",
    ...minify,
    banner: { js: banner },
    define,
    external: ["@electric-sql/pglite", "@electric-sql/pglite/*"],
    plugins,
    logLevel: "error",
  });
  return { text: result.outputFiles[0]?.text ?? "", metafile: result.metafile };
}

function settings(commit: string | undefined) {
  return {
    define: { PGSTEP_VERSION: JSON.stringify(version()), PGSTEP_COMMIT: JSON.stringify(commit ?? null) },
    minify: {
      platform: "node",
      target: "node20.19",
      // Names are kept, so that the stack trace in a bug report is readable.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
    },
  } as const;
}

/** The entry point of executables loads the program instead of containing it. */
const besideIt: Plugin = {
  name: "beside-it",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: "./program.js", external: true }));
  },
};

/** The script has the program as a text, before its code: inside a function an engine would read it twice. */
const insideIt: Plugin = {
  name: "inside-it",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\]main\.ts$/ }, () => ({
      contents: `import { PackedProgram } from "./adapters/process/packed-program.ts";
const program = new PackedProgram(PGSTEP_PACK, import.meta);
export async function main() {
  // A command that only reads writes nothing at all.
  if (await program.exported("main")()) program.keepCode();
}`,
      loader: "ts",
    }));
  },
};

/** The script gets the runtime's modules by calls, since an import of one takes Node about a millisecond. */
const gotByCall: Plugin = {
  name: "got-by-call",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replace(/^import process from "node:process";$/gm, "")
        .replace(/^import \{([^}]*)\} from "(node:\w+)";$/gm, (_, names: string, path: string) => {
          const values = names.split(",").filter((name) => !/^\s*type /.test(name));
          return `const {${values.join(",")}} = process.getBuiltinModule("${path}");`;
        }),
      loader: "ts",
    }));
  },
};

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest).version;
}

/** SOURCE_DATE_EPOCH (reproducible-builds.org) if set, else today. */
function buildDate(): string {
  const seconds = process.env.SOURCE_DATE_EPOCH;
  return (seconds ? new Date(Number(seconds) * 1000) : new Date()).toISOString().slice(0, 10);
}

function packagesOf(metafile: Metafile): string[] {
  const packages = new Set<string>();
  for (const path of Object.keys(metafile.inputs)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (name) packages.add(name);
  }
  return [...packages].sort();
}

/** Notices of the software inside a package that its own licence does not name. */
const NOTICES: Readonly<Record<string, string>> = { [PARSER]: PARSER_NOTICES, [PG_DUMP]: PG_DUMP_NOTICES };

function licenses(packages: readonly string[]): string {
  return packages
    .map((name) => {
      const directory = join(ROOT, "node_modules", name);
      const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
      const file = ["LICENSE", "LICENSE.md", "UNLICENSE"].map((base) => join(directory, base)).find(existsSync);
      const text = file ? readFileSync(file, "utf8").trim() : `Licence: ${manifest.license}`;
      const notices = NOTICES[name];
      return `${name} ${manifest.version}\n\n${text}\n${notices ? `\n${notices}\n` : ""}`;
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await bundle();
  for (const [name, purpose] of [
    ["pgstep.js", "the program"],
    ["index.js", "the library; types/ has its types"],
    ["embedded/", "the embedded PostgreSQL, its parser and pg_dump, loaded when they are used"],
  ]) {
    console.log(`Built dist/${name}`.padEnd(24) + purpose);
  }
}
