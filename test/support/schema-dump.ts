import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { ROOT } from "../../build/runtimes.ts";
import { embeddedPgDump } from "../../src/adapters/embedded-dump/embedded-pg-dump.ts";
import type { SchemaDump } from "../../src/ports/schema-dump.ts";

/** The pg_dump of the built program. */
export async function builtDump(): Promise<SchemaDump> {
  await ensureBuilt();
  return embeddedPgDump(pathToFileURL(join(ROOT, "dist", "embedded", "/")));
}
