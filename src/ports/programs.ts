/** How a program ended: with an exit status, or without having been started at all. */
export type ProgramEnd =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "not-started"; readonly reason: string; readonly hint: string };

/** Starts programs of the user's. */
export interface Programs {
  /**
   * Runs one to its end. Must not reject for anything the program or the system does.
   * @param command a text for the system's shell; or a program and its arguments, which no shell reads
   * @param input what it reads on its standard input; it need not
   * @param tell called with each line that it writes, to either of its outputs
   * @param signal ends it
   */
  run(
    command: string | readonly string[],
    input: string,
    tell: (line: string) => void,
    signal: AbortSignal,
  ): Promise<ProgramEnd>;
}
