import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { withoutEval } from "./embedded.ts";
import { ONE_FILE } from "./one-file.ts";
import { POSTGRESQL_LICENCE } from "./parser.ts";
import { ROOT } from "./runtimes.ts";

/** The package of pg_dump, compiled to WebAssembly. */
export const PG_DUMP = "@electric-sql/pglite-tools";
const PACKAGE = join(ROOT, "node_modules", PG_DUMP);

/** Added to the package's own licence. */
export const PG_DUMP_NOTICES = `Its WebAssembly contains pg_dump and libpq of PostgreSQL, under this licence:

${POSTGRESQL_LICENCE}`;

/**
 * Writes pg_dump beside the embedded database: pg-dump.js, the program of its thread, and its WebAssembly. pg_dump's
 * runtime sees no runtime around it: then it reads no file and sets no exit status.
 */
export async function bundleDump(output: string): Promise<void> {
  const result = await build({
    stdin: {
      contents: `import { startPgDump } from "${PG_DUMP}/pg_dump";
import { runInThread } from "./src/adapters/embedded-dump/worker.ts";
await runInThread(startPgDump);`,
      resolveDir: ROOT,
    },
    write: false,
    ...ONE_FILE,
    external: ["ws"],
    define: { process: "undefined", window: "undefined", document: "undefined", WorkerGlobalScope: "undefined" },
    plugins: [withStart],
  });
  const embedded = join(output, "embedded");
  replace(join(embedded, "pg-dump.js"), result.outputFiles[0]?.text ?? "");
  replace(join(embedded, "pg-dump.wasm"), readFileSync(join(PACKAGE, "dist", "pg_dump.wasm")));
}

/**
 * The package exports a function that runs pg_dump on PGlite, changes the result's text and leaves the session's
 * prepared statements to its caller. This exports the runtime below it as well.
 */
const withStart: Plugin = {
  name: "with-start",
  setup({ onLoad }) {
    onLoad({ filter: /pglite-tools[/\\]dist[/\\].*\.js$/ }, ({ path }) => {
      const text = withoutEval(readFileSync(path, "utf8"), path);
      const [, start] = /await (\w+)\(\{noExitRuntime/.exec(text) ?? [];
      const exported = start ? `\nexport { ${start} as startPgDump };` : "";
      const passedOn = /import\{a\}from("[^"]+")/.exec(text)?.[1];
      const both = passedOn ? `\nexport { startPgDump } from ${passedOn};` : exported;
      return { contents: `${text}${both}`, loader: "js", resolveDir: dirname(path) };
    });
  },
};

function replace(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}
