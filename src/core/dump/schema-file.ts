import { compareVersions } from "../migrations/version.ts";

/** The database whose schema a file has: the one that was named, or one that has only the migrations. */
export type SchemaSource = "database" | "migrations";

/** A migration that is applied in the schema. */
export interface AppliedVersion {
  readonly version: string;
  /** Null if the history has none. */
  readonly checksum: string | null;
  readonly description: string;
}

/** The contents of a schema file besides the objects. */
export interface SchemaChoice {
  readonly owners: boolean;
  readonly privileges: boolean;
  /** Tables whose rows the file has, as `schema.table` in SQL, sorted. */
  readonly rows: readonly string[];
}

/** The first lines of a schema file. */
export interface SchemaHead extends SchemaChoice {
  readonly source: SchemaSource;
  /** The server's major version: each one prints some definitions in its own way. */
  readonly major: number;
  readonly applied: readonly AppliedVersion[];
}

/** The first line of every schema file; a file that begins with it may be overwritten. */
export const MARK = "-- Written by pgstep dump. Load it into an empty database: pgstep load <file>";

const FORMAT = "1";

/** The lines before the schema: comments, so that psql runs the file as well. */
export function headText({ source, major, owners, privileges, rows, applied }: SchemaHead): string {
  const sorted = [...applied].sort((one, other) => compareVersions(one.version, other.version));
  const lines = [
    `Format: ${FORMAT}`,
    `Source: ${source}`,
    `PostgreSQL: ${major}`,
    ...(owners ? ["Owners: yes"] : []),
    ...(privileges ? ["Privileges: yes"] : []),
    ...rows.map((table) => `Rows: ${oneLine(table)}`),
    ...sorted.map(
      ({ version, checksum, description }) =>
        `Applied: ${encodeURIComponent(version)} ${checksum === null ? "-" : encodeURIComponent(checksum)} ${oneLine(description)}`,
    ),
  ];
  return `${MARK}\n${lines.map((line) => `-- ${line.trimEnd()}\n`).join("")}\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\0\r\n]/g, " ");
}

/** Reads the first lines; undefined if the text is not a schema file of a known format. */
export function readHead(text: string): SchemaHead | undefined {
  if (!text.startsWith(`${MARK}\n`)) return undefined;
  const end = text.indexOf("\n\n");
  const lines = (end === -1 ? text : text.slice(0, end)).split(/\r?\n/).slice(1);
  const fields = lines.flatMap((line) => {
    const [, name, value] = /^-- ([A-Za-z]+): ?(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, value }];
  });
  const all = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const [source] = all("Source");
  const major = Number(all("PostgreSQL")[0]);
  const isKnown = all("Format")[0] === FORMAT && fields.length === lines.length && Number.isInteger(major);
  if (!isKnown || (source !== "database" && source !== "migrations")) return undefined;
  const applied = all("Applied").map(readApplied);
  if (!applied.every((one) => one !== undefined)) return undefined;
  return {
    source,
    major,
    owners: all("Owners").length > 0,
    privileges: all("Privileges").length > 0,
    rows: all("Rows"),
    applied,
  };
}

function readApplied(text: string): AppliedVersion | undefined {
  const [version = "", checksum = "", ...description] = text.split(" ");
  if (version === "" || checksum === "") return undefined;
  try {
    return {
      version: decodeURIComponent(version),
      checksum: checksum === "-" ? null : decodeURIComponent(checksum),
      description: description.join(" "),
    };
  } catch {
    return undefined;
  }
}
