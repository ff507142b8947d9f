import type { WrittenFile } from "../types/types-report.ts";
import type { SchemaSource } from "./schema-file.ts";

/** The result of `dump`. */
export interface DumpReport {
  readonly type: "dump";
  readonly database: string;
  readonly source: SchemaSource;
  /** The server's major version. */
  readonly major: number;
  /** The applied migrations. */
  readonly applied: readonly string[];
  /** The file with its change; undefined if the text itself is the result. */
  readonly file: WrittenFile | undefined;
  /** True if the file was only compared. */
  readonly checked: boolean;
  /** The first differences of a compared file. */
  readonly difference: readonly string[];
  /** The whole text, if no file was named. */
  readonly text?: string;
}

/** The result of `load`. */
export interface LoadReport {
  readonly type: "load";
  readonly database: string;
  readonly path: string;
  /** The migrations that are now recorded as applied. */
  readonly recorded: readonly string[];
  /** Whole milliseconds. */
  readonly durationMs: number;
}
