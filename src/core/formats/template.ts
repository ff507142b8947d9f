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
}

const SQL = `${TEMPLATE_LINE}\n`;
const DOWN_SQL = "-- SQL statements that undo the migration here...\n";

/** An empty migration as another tool would write it, with the next version. */
export function newFilesOf(
  layout: Exclude<Layout, "pgstep">,
  { versions, now, words, style, down }: NewFile,
): NewFiles {
  const pair = (up: string, downPath: string, isPair = down) =>
    isPair ? [...file(up), { path: downPath, text: DOWN_SQL }] : file(up);
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
      return [{ path: `${name}.sql`, text: `-- +goose Up\n${SQL}\n-- +goose Down\n${DOWN_SQL}` }];
    case "dbmate":
      return [{ path: `${name}.sql`, text: `-- migrate:up\n${SQL}\n-- migrate:down\n${DOWN_SQL}` }];
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

function file(path: string): NewFiles {
  return [{ path, text: SQL }];
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
