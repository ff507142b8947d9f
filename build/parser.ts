import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ONE_FILE } from "./one-file.ts";
import { ROOT } from "./runtimes.ts";

/** The package of PostgreSQL's parser, compiled to WebAssembly. */
export const PARSER = "libpg-query";
export const PARSER_PACKAGE = join(ROOT, "node_modules", PARSER);

/** PostgreSQL's own licence. */
export const POSTGRESQL_LICENCE = readFileSync(join(ROOT, "build", "postgresql-licence.txt"), "utf8").trim();

/** Added to the package's own licence. */
export const PARSER_NOTICES = `${readFileSync(join(ROOT, "build", "parser-notices.txt"), "utf8").trim()}

${POSTGRESQL_LICENCE}`;

/**
 * Writes PostgreSQL's parser into a directory: parser.js, whose default export starts it, and its WebAssembly. The
 * module sees no runtime: then it reads no file, sets no exit status, and its caller passes the WebAssembly to it.
 */
export async function bundleParser(directory: string): Promise<void> {
  await build({
    stdin: { contents: 'export { default } from "libpg-query/wasm/libpg-query.js";', resolveDir: ROOT },
    outfile: join(directory, "parser.js"),
    ...ONE_FILE,
    define: Object.fromEntries(
      ["process", "window", "document", "WorkerGlobalScope"].map((name) => [`globalThis.${name}`, "undefined"]),
    ),
  });
  const compiled = readFileSync(join(PARSER_PACKAGE, "wasm", "libpg-query.wasm"));
  // Written, not copied: the package's file is marked as executable.
  writeFileSync(join(directory, "parser.wasm"), compiled);
}
