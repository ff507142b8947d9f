import type { Emptiness } from "./emptiness.ts";
import type { Header } from "./header.ts";

export type Direction = "up" | "down";

/** One SQL file: its path, header and checksum, never its whole text. */
export interface SqlFile {
  /** As the user would name it: the given directory, and the file name. */
  readonly path: string;
  readonly header: Header;
  /**
   * SHA-256 in lower-case hex of the text with LF line ends and without a byte order mark; for files without
   * statements, of the empty text.
   */
  readonly checksum: string;
  /** True while the checksum is being computed: reading it waits. */
  readonly isHashing?: boolean;
  /** Why it has no statements; absent when it has some, or may have. */
  readonly emptiness?: Emptiness;
  /** Bytes on disk. */
  readonly size: number;
  /** The checksum of the whole file, if the script is a part of it. */
  readonly fileChecksum?: string;
}

/** A migration: an up file with its version, and the down file next to it, if any. */
export interface Migration {
  /** As the file name spells it. */
  readonly version: string;
  /** `{version}_{description}`, the file name without its endings. */
  readonly name: string;
  /** From the header, else from the file name. */
  readonly description: string;
  readonly up: SqlFile;
  readonly down?: SqlFile;
  /** How to add a down script in another tool's format; absent in pgstep's own. */
  readonly downAdvice?: string;
  /** The language of a migration that is a program of another tool, and the tool: `up` stops before it. */
  readonly program?: { readonly language: string; readonly tool: string };
}
