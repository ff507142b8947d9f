/** The running program as a file that can be copied. */
export interface ProgramFile {
  /** Whether a copy of it is an executable or a script, which needs a runtime. */
  readonly kind: "executable" | "script";
  /**
   * Writes a copy of the program, or of another executable of pgstep's, that carries a seal; over what is there, in one
   * step. Where an executable cannot carry it, the seal becomes a file beside it.
   * @throws Failure settings when the other executable is none, runtime-unsupported; errors of node:fs
   */
  seal(path: string, seal: string, executable: string | undefined): SealedProgram;
}

export interface SealedProgram {
  readonly kind: "executable" | "script";
  /** SHA-256 of each file that was written, in hexadecimal digits: the program first. */
  readonly written: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
}
