/** How a program ended: with an exit status, or not started at all. */
export type ProgramEnd =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "not-started"; readonly reason: string; readonly hint: string };

/** Starts programs of the user. */
export interface Programs {
  /**
   * Runs a program until it ends. Must not reject for anything that the program or the system does.
   * @param command a string for the system's shell; or a program and its arguments, without a shell
   * @param input its standard input, which it need not read
   * @param onLine called with each line of its standard output and standard error
   * @param signal ends the program
   */
  run(
    command: string | readonly string[],
    input: string,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<ProgramEnd>;
}
