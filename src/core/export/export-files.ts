import { versionKey } from "../migrations/version.ts";

/** The tools whose formats pgstep writes. */
export const EXPORTS = ["golang-migrate", "goose", "dbmate", "flyway"] as const;

export type ExportTool = (typeof EXPORTS)[number];

/** One script to write. */
export interface ExportScript {
  readonly text: string;
  /** The statements, each with its semicolon. */
  readonly statements: readonly string[];
  /** It runs outside a transaction. */
  readonly isAlone: boolean;
}

export interface ExportMigration {
  readonly version: string;
  /** The words of its name, for a file name. */
  readonly words: string;
  readonly up: ExportScript;
  readonly down: ExportScript | undefined;
}

export interface ExportFile {
  /** Below the directory. */
  readonly path: string;
  readonly text: string;
}

/** The files of one migration, as the tool names and divides them. @param version as `versionsFor` gives it */
export function filesFor(tool: ExportTool, { words, up, down }: ExportMigration, version: string): ExportFile[] {
  const name = `${version}_${words}`;
  switch (tool) {
    case "golang-migrate":
      return [file(`${name}.up.sql`, up.text), ...(down ? [file(`${name}.down.sql`, down.text)] : [])];
    case "goose": {
      const alone = up.isAlone || down?.isAlone ? "-- +goose NO TRANSACTION\n" : "";
      const downPart = down ? `\n-- +goose Down\n${blocks(down)}` : "";
      return [file(`${name}.sql`, `${alone}-- +goose Up\n${blocks(up)}${downPart}`)];
    }
    case "dbmate": {
      const mark = (direction: string, one: ExportScript | undefined) =>
        `-- migrate:${direction}${one?.isAlone ? " transaction:false" : ""}\n${ended(one?.text ?? "")}`;
      return [file(`${name}.sql`, `${mark("up", up)}\n${mark("down", down)}`)];
    }
    case "flyway":
      return [
        ...flywayFiles(`V${version}__${words}.sql`, up),
        ...(down ? flywayFiles(`U${version}__${words}.sql`, down) : []),
      ];
  }
}

/** goose ends a statement at the first line that ends in a semicolon, so each has its own marks. */
function blocks({ statements }: ExportScript): string {
  return statements
    .map((statement) => `-- +goose StatementBegin\n${ended(statement)}-- +goose StatementEnd\n`)
    .join("\n");
}

function flywayFiles(path: string, { text, isAlone }: ExportScript): ExportFile[] {
  return [file(path, text), ...(isAlone ? [file(`${path}.conf`, "executeInTransaction=false\n")] : [])];
}

function file(path: string, text: string): ExportFile {
  return { path, text: ended(text) };
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** The largest version of golang-migrate and goose, whose versions are 64-bit numbers. */
const LARGEST = 2n ** 63n - 1n;

/**
 * The versions as the tool can have them, by those of pgstep. dbmate sorts texts, so its versions get equally many
 * digits. Undefined for a version that the tool cannot have.
 */
export function versionsFor(tool: ExportTool, versions: readonly string[]): ReadonlyMap<string, string | undefined> {
  const length = Math.max(0, ...versions.map((version) => version.length));
  return new Map(
    versions.map((version) => {
      if (tool === "flyway") return [version, /^[0-9.]+$/.test(version) ? version : undefined];
      const isNumber = /^[0-9]+$/.test(version) && BigInt(version) > 0n && BigInt(version) <= LARGEST;
      if (!isNumber) return [version, undefined];
      return [version, tool === "dbmate" ? versionKey(version).padStart(length, "0") : version];
    }),
  );
}
