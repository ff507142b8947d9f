import type { Layout } from "../layout/layout.ts";
import { TEMPLATE_LINE } from "../migrations/emptiness.ts";
import { compareVersions, nextVersion, type VersionStyle } from "../migrations/version.ts";

/** The files of a new migration, by their paths below the directory. */
export type NewFiles = readonly { readonly path: string; readonly text: string }[];

export interface NewFile {
  /** The versions that exist. */
  readonly versions: readonly string[];
  readonly now: Date;
  /** The description as file names have it. */
  readonly words: string;
  readonly style?: VersionStyle | undefined;
  /** Also the down script, where it is a file of its own. */
  readonly down: boolean;
  /** The statements, instead of lines that ask for some. */
  readonly contents?: { readonly up: string; readonly down: string } | undefined;
}

const SQL = `${TEMPLATE_LINE}\n`;
const DOWN_SQL = "-- SQL statements that undo the migration here...\n";

/** A migration as another tool would write it, with the next version. */
export function newFilesOf(
  layout: Exclude<Layout, "pgstep">,
  { versions, now, words, style, down, contents }: NewFile,
): NewFiles {
  const { up: sql, down: downSql } = contents ?? { up: SQL, down: DOWN_SQL };
  const file = (path: string) => [{ path, text: sql }];
  const pair = (up: string, downPath: string, isPair = down) =>
    isPair ? [...file(up), { path: downPath, text: downSql }] : file(up);
  const version = next(versions, now, style);
  const name = `${version}_${words}`;
  const time = now
    .toISOString()
    .replace(/[^0-9]/g, "")
    .slice(0, 14);
  switch (layout) {
    case "golang-migrate":
      return pair(`${name}.up.sql`, `${name}.down.sql`, true);
    case "goose":
      return [{ path: `${name}.sql`, text: `-- +goose Up\n${sql}\n-- +goose Down\n${downSql}` }];
    case "dbmate":
      return [{ path: `${name}.sql`, text: `-- migrate:up\n${sql}\n-- migrate:down\n${downSql}` }];
    case "flyway":
      return pair(`V${version}__${words}.sql`, `U${version}__${words}.sql`);
    case "sqlx":
      return down ? pair(`${name}.up.sql`, `${name}.down.sql`) : file(`${name}.sql`);
    case "prisma":
      return pair(`${time}_${words}/migration.sql`, `${time}_${words}/down.sql`);
    case "diesel": {
      const folder = `${time.replace(/^(....)(..)(..)/, "$1-$2-$3-")}_${words}`;
      return pair(`${folder}/up.sql`, `${folder}/down.sql`, true);
    }
  }
}

/** For versions with dots, one more than the last number of the newest. */
function next(versions: readonly string[], now: Date, style: VersionStyle | undefined): string {
  const newest = [...versions].sort(compareVersions).at(-1) ?? "";
  const dotted = /^(.*\.)([0-9]+)$/.exec(newest);
  if (dotted) return `${dotted[1]}${BigInt(dotted[2] ?? "0") + 1n}`;
  return nextVersion(
    versions.filter((version) => /^[0-9]+$/.test(version)),
    now,
    style,
  );
}
