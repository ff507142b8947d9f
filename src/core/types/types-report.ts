/** What became of one file, or would become of it. */
export interface WrittenFile {
  readonly path: string;
  readonly change: "created" | "changed" | "removed" | "none";
}

/** The end of types. */
export interface TypesReport {
  readonly type: "types";
  readonly database: string;
  /** In the order of their paths; empty when the text itself is the answer. */
  readonly files: readonly WrittenFile[];
  /** Whether the files were only compared. */
  readonly checked: boolean;
  /** All of it, where no file was named. */
  readonly text?: string;
}
