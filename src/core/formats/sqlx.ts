import { type Finding, finding } from "../failure/failure.ts";
import { type Format, type ListedEntry, plainHeader, wordsOf } from "../layout/format.ts";
import { type NamedScript, paired } from "../layout/pairs.ts";

/** The start of a file that sqlx runs without a transaction. */
const NO_TRANSACTION = "-- no-transaction";

/**
 * sqlx 0.8 (sqlx-core/src/migrate/source.rs): `1_name.sql`, or `1_name.up.sql` with `1_name.down.sql`. Everything before
 * the first underscore must be a number; files without an underscore or another ending are ignored.
 */
export const SQLX: Format = {
  layout: "sqlx",
  tool: "sqlx",
  downAdvice: "Write <version>_<name>.down.sql next to the migration",
  read(entries, contents) {
    const findings: Finding[] = [];
    const scripts: NamedScript[] = [];
    for (const entry of entries) {
      const [, version, words = "", direction] = /^([^_]*)_(.*?)(\.up|\.down)?\.sql$/s.exec(entry.name) ?? [];
      if (version === undefined || entry.kind !== "file") continue;
      if (!/^[0-9]+$/.test(version)) findings.push(noVersion(entry));
      else {
        const isAlone = contents.start(entry.path)?.startsWith(NO_TRANSACTION);
        scripts.push({
          ...{ version, name: `${version}_${words}`, description: wordsOf(words), path: entry.path },
          direction: direction === ".down" ? "down" : "up",
          header: plainHeader(isAlone ? { transaction: "none" } : {}),
          mayHaveHeader: true,
        });
      }
    }
    return { migrations: paired(scripts, NAMING, findings), repeatables: [], findings };
  },
};

function noVersion({ name, path }: ListedEntry): Finding {
  return finding("bad-name", {
    message: `${name} has no number before its first underscore: sqlx refuses it`,
    hint: "Rename it, e.g. 20250101000000_create_users.sql, or move it out of the directory.",
    place: { path },
  });
}

const NAMING = {
  pairs: "version",
  up: ({ name }: NamedScript) => `${name}.up.sql`,
  down: ({ name }: NamedScript) => `${name}.down.sql`,
} as const;
