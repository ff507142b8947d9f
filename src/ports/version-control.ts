/** The SQL files of a directory in an earlier commit. */
export interface CommittedFiles {
  /** The commit for people: "origin/main at a1b2c3d". */
  readonly commit: string;
  /**
   * Checksums of the files as git stores them, as those of `SqlFile`, by their paths below the directory, with slashes.
   * A file without statements has the checksum of its own text. Files whose content git does not have are missing.
   */
  readonly checksums: ReadonlyMap<string, string>;
  /** The newest commit of the base, if it has commits that the current branch lacks. */
  readonly newer?: NewerFiles;
  /** Reads one of these files; undefined if git does not have its content. */
  read?(path: string): Promise<Uint8Array | undefined>;
}

/** The SQL files of the base's newest commit. */
export interface NewerFiles {
  /** "origin/main at a1b2c3d". */
  readonly commit: string;
  /** Their paths below the directory, with slashes. */
  readonly paths: readonly string[];
  /** Reads one of them; undefined if git does not have its content. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** There is no earlier commit, so all files are new. */
export interface NothingCommitted {
  /** Why, as it follows a colon: "it is in no git repository". */
  readonly because: string;
}

/** The history of the files. Nothing of the repository's own configuration may be run. */
export interface VersionControl {
  /**
   * The files in the commit where the current branch began: the merge base of HEAD and `base`.
   * @param directory an existing directory
   * @param base a branch, tag or commit; undefined for the default branch of origin
   * @throws Failure settings if that commit cannot be found; runtime-unsupported if git cannot be run
   */
  filesAtBase(directory: string, base: string | undefined): Promise<CommittedFiles | NothingCommitted>;
  /** The files in a commit. @param ref a branch, tag or commit @throws Failure as above */
  filesAt(directory: string, ref: string): Promise<CommittedFiles>;
}
