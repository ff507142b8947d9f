import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { ROOT } from "../../build/runtimes.ts";
import { loadSqlParser } from "../../src/adapters/embedded/sql-parser.ts";
import type { SqlParser } from "../../src/ports/sql-parser.ts";

/** The parser of the built program. */
export async function builtParser(): Promise<SqlParser> {
  await ensureBuilt();
  const parser = await loadSqlParser(pathToFileURL(join(ROOT, "dist", "embedded", "/")));
  assert.ok(parser);
  return parser;
}
