/** One command: what may be typed, what help says of it, and what it does in the environment it is given. */
export interface Command<Environment> extends CommandWords {
  /** Runs even where settings are wrong, since it tells what is. */
  readonly toleratesFaults?: true;
  /** Works on the files of a checkout, so not where they are sealed. */
  readonly ofCheckout?: true;
  /**
   * Does it, and answers the exit status. Judges what was typed before anything else.
   * @throws Failure
   */
  run(invocation: Invocation, environment: Environment): Promise<number>;
}

/**
 * What a command may do to the world. One that only looks starts no program that a project file names, writes to no
 * database that a project file names, and writes no file outside of the project but where the command line says; so it can
 * be run in a checkout that nobody has read.
 */
export type Effect = "looks" | "changes";

/** What may be typed for a command, and how help explains it. */
export interface CommandWords {
  readonly name: string;
  readonly effect: Effect;
  /** Never uses a database, so that it does not matter which one is meant. */
  readonly withoutDatabase?: true;
  /** The option with which a command that changes only looks. */
  readonly looksWith?: string;
  readonly aliases: readonly string[];
  /** A few words, for the list of commands. */
  readonly summary: string;
  /** One to three sentences. */
  readonly description: string;
  readonly arguments: readonly Argument[];
  /** A few words on the program that is started afterwards, typed behind "--"; absent where none can be. */
  readonly program?: string;
  /** Its result is a list of findings, so that it has the formats for those. */
  readonly findings?: true;
  /** Besides those that every command has. */
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
}

/** All that may be typed. The first command is what happens when none is named. */
export interface Vocabulary {
  readonly commands: readonly CommandWords[];
  /** Those that every command has. */
  readonly options: readonly Option[];
}

/** A command whose whole answer is a text that follows from what was typed and from what may be typed. */
export interface TextCommand extends CommandWords {
  /** People read it, so that it may be set anew for a narrow terminal. */
  readonly prose?: true;
  /** @throws Failure usage */
  text(typed: readonly string[], vocabulary: Vocabulary): string;
}

export interface Argument {
  readonly name: string;
  readonly required: boolean;
  /** Takes all the words that are left. */
  readonly variadic?: true;
  readonly summary: string;
  readonly completes?: Completes;
}

export interface Option {
  /** As typed behind the two dashes. */
  readonly name: string;
  /** What stands for its value in help; a switch has none. */
  readonly value?: string;
  /** Another name, which help does not list. */
  readonly otherName?: string;
  /** One letter, typed behind one dash. */
  readonly letter?: string;
  readonly summary: string;
  /** The environment variable that says the same. */
  readonly variable?: string;
  readonly completes?: Completes;
}

/** What a shell offers in the place of a value: paths, the versions of the migrations, or these words. */
export type Completes = "file" | "directory" | "version" | readonly string[];

export interface Example {
  readonly line: string;
  readonly remark: string;
}

/** What was typed, letter by letter as it was typed. */
export interface Invocation {
  /** The command's own name, whatever alias was used. */
  readonly command: string;
  readonly arguments: readonly string[];
  /** A program and its arguments, to be started when the command has done its work; empty for none. */
  readonly program: readonly string[];
  /** By name without dashes; a switch is "". */
  readonly options: ReadonlyMap<string, string>;
}

/** What a command may do as it was typed. */
export function effectOf({ effect, looksWith }: CommandWords, options: ReadonlyMap<string, string>): Effect {
  return looksWith !== undefined && options.has(looksWith) ? "looks" : effect;
}

/** The command of that name or alias. */
export function commandNamed<Words extends CommandWords>(commands: readonly Words[], word: string): Words | undefined {
  return commands.find(({ name, aliases }) => name === word || aliases.includes(word));
}

/** The names and aliases of all commands. */
export function commandNames({ commands }: Vocabulary): string[] {
  return commands.flatMap(({ name, aliases }) => [name, ...aliases]);
}

/** The options that every command has, but for those by whose name this one means something of its own. */
export function sharedOptions({ options: own }: CommandWords, { options }: Vocabulary): readonly Option[] {
  return options.filter(({ name }) => !own.some((one) => one.name === name));
}

/** All options that may be typed for a command, its own first. */
export function optionsOf(command: CommandWords, vocabulary: Vocabulary): readonly Option[] {
  return [...command.options, ...sharedOptions(command, vocabulary)];
}
