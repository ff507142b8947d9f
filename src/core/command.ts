/** One command: what may be typed, what help says of it, and what it does in the environment it is given. */
export interface Command<Environment> extends CommandWords {
  /**
   * Does it, and answers the exit status. Judges what was typed before anything else.
   * @throws Failure
   */
  run(invocation: Invocation, environment: Environment): Promise<number>;
}

/** What may be typed for a command, and how help explains it. */
export interface CommandWords {
  readonly name: string;
  readonly aliases: readonly string[];
  /** A few words, for the list of commands. */
  readonly summary: string;
  /** One to three sentences. */
  readonly description: string;
  readonly arguments: readonly Argument[];
  /** Besides those that every command has. */
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
}

export interface Argument {
  readonly name: string;
  readonly required: boolean;
  /** Takes all the words that are left. */
  readonly variadic?: true;
  readonly summary: string;
}

export interface Option {
  /** As typed behind the two dashes. */
  readonly name: string;
  /** What stands for its value in help; a switch has none. */
  readonly value?: string;
  /** One letter, typed behind one dash. */
  readonly letter?: string;
  readonly summary: string;
  /** The environment variable that says the same. */
  readonly variable?: string;
}

export interface Example {
  readonly line: string;
  readonly remark: string;
}

/** What was typed, letter by letter as it was typed. */
export interface Invocation {
  /** The command's own name, whatever alias was used. */
  readonly command: string;
  readonly arguments: readonly string[];
  /** By name without dashes; a switch is "". */
  readonly options: ReadonlyMap<string, string>;
}
