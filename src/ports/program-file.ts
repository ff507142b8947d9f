/** The running program as a file that can be copied. */
export interface ProgramFile {
  /** "executable", or "script", which needs a runtime. */
  readonly kind: "executable" | "script";
  /**
   * Writes a copy of the program, or of another pgstep executable, with a seal; replaces the path atomically. If an
   * executable cannot carry the seal, it becomes a file beside it.
   * @throws Failure settings if the other file is not a pgstep executable, runtime-unsupported; errors of node:fs
   */
  seal(path: string, seal: string, executable: string | undefined): SealedProgram;
}

export interface SealedProgram {
  readonly kind: "executable" | "script";
  /** SHA-256 (hex) of each file that was written; the program first. */
  readonly written: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
}
