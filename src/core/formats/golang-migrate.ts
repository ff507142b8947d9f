import type { Finding } from "../failure/failure.ts";
import { type Format, plainHeader, wordsOf } from "../layout/format.ts";
import { type NamedScript, paired } from "../layout/pairs.ts";
import { noFile } from "./pgstep.ts";

/** golang-migrate's source/parse.go, for files of SQL. */
const NAME = /^([0-9]+)_(.*)\.(up|down)\.sql$/;

/**
 * golang-migrate 4: `1_name.up.sql` and `1_name.down.sql`. Versions are numbers, with or without zeros before them; a
 * down script belongs to the version, whatever its name is. Other files are ignored.
 */
export const GOLANG_MIGRATE: Format = {
  layout: "golang-migrate",
  tool: "golang-migrate",
  downAdvice: "Write <version>_<name>.down.sql next to the migration",
  read(entries) {
    const findings: Finding[] = [];
    const scripts: NamedScript[] = [];
    for (const entry of entries) {
      const [, version, words = "", direction] = NAME.exec(entry.name) ?? [];
      if (version === undefined) continue;
      if (entry.kind !== "file") findings.push(noFile(entry));
      else {
        scripts.push({
          ...{ version, name: `${version}_${words}`, description: wordsOf(words), path: entry.path },
          ...{ direction: direction === "down" ? "down" : "up", header: plainHeader(), mayHaveHeader: true },
        });
      }
    }
    return { migrations: paired(scripts, NAMING, findings), repeatables: [], findings };
  },
};

const NAMING = {
  pairs: "version",
  up: ({ name }: NamedScript) => `${name}.up.sql`,
  down: ({ name }: NamedScript) => `${name}.down.sql`,
} as const;
