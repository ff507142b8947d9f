/** One command: its syntax, its help, and what it does in a given environment. */
export interface Command<Environment> extends CommandWords {
  /** Runs even with invalid settings, because it reports them. */
  readonly toleratesErrors?: true;
  /** Reports the warnings about the settings itself. */
  readonly reportsSettingWarnings?: true;
  /** Works on the files of a checkout, so a bundle rejects it. */
  readonly ofCheckout?: true;
  /**
   * Runs the command and returns the exit status. Checks the invocation before anything else.
   * @throws Failure
   */
  run(invocation: Invocation, environment: Environment): Promise<number>;
}

/**
 * The side effects of a command. One that only looks starts no program but git, which runs nothing that the checkout
 * names; it writes to no database that a project file names, and outside the project only the files that the command
 * line names. So it is safe in a checkout that nobody has read.
 */
export type Effect = "reads" | "changes";

/** The syntax of a command and its help texts. */
export interface CommandWords {
  readonly name: string;
  readonly effect: Effect;
  /** Never uses a database, so it ignores which one is named. */
  readonly withoutDatabase?: true;
  /** It changes things, but no database. */
  readonly changesFilesOnly?: true;
  /** The option that makes a command that changes things only look: "dry-run". */
  readonly looksWith?: string;
  readonly aliases: readonly string[];
  /** A few words, for the list of commands. */
  readonly summary: string;
  /** One to three sentences. */
  readonly description: string;
  readonly arguments: readonly Argument[];
  /** A few words on the program after "--" that the command starts at the end; absent if it starts none. */
  readonly program?: string;
  /** Its result is a list of findings, so the formats for findings are available. */
  readonly findings?: true;
  /** Without the options of every command. */
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
}

/** All commands and options. The first command runs when none is named. */
export interface Vocabulary {
  /** The list of commands in the help. */
  readonly groups: readonly CommandGroup[];
  readonly commands: readonly CommandWords[];
  /** The options of every command. */
  readonly options: readonly Option[];
}

/** Commands that the help lists together. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandWords[];
}

/** A command that only prints a text, made from the typed words and the vocabulary. */
export interface TextCommand extends CommandWords {
  /** For people to read, so it may be wrapped again for a narrow terminal. */
  readonly prose?: true;
  /** @throws Failure usage */
  text(typed: readonly string[], vocabulary: Vocabulary): string;
}

export interface Argument {
  readonly name: string;
  readonly required: boolean;
  /** The option that takes its place, and a hint for who gives neither. */
  readonly replacedBy?: { readonly option: string; readonly hint?: string };
  /** Takes all remaining words. */
  readonly variadic?: true;
  readonly summary: string;
  readonly completes?: Completes;
}

export interface Option {
  /** Without the two dashes. */
  readonly name: string;
  /** The name of the value in help; a switch has none. */
  readonly value?: string;
  /** Another name, not shown in help. */
  readonly otherName?: string;
  /** The one-letter form, without the dash. */
  readonly letter?: string;
  readonly summary: string;
  /** The environment variable for the same setting. */
  readonly variable?: string;
  readonly completes?: Completes;
}

/** Completions of a value: paths, the versions of the migrations, or these words. */
export type Completes = "file" | "directory" | "version" | readonly string[];

export interface Example {
  readonly line: string;
  readonly note: string;
}

/** A parsed command line; every word is unchanged. */
export interface Invocation {
  /** The command's own name, even if an alias was typed. */
  readonly command: string;
  readonly arguments: readonly string[];
  /** A program and its arguments, started after the command's own work; empty for none. */
  readonly program: readonly string[];
  /** By name without dashes; a switch is "". */
  readonly options: ReadonlyMap<string, string>;
}

/** The effect of a command with the options that were typed. */
export function effectOf({ effect, looksWith }: CommandWords, options: ReadonlyMap<string, string>): Effect {
  return looksWith !== undefined && options.has(looksWith) ? "reads" : effect;
}

/** The command of that name or alias. */
export function commandNamed<Words extends CommandWords>(commands: readonly Words[], word: string): Words | undefined {
  return commands.find(({ name, aliases }) => name === word || aliases.includes(word));
}

/** The names and aliases of all commands. */
export function commandNames({ commands }: Vocabulary): string[] {
  return commands.flatMap(({ name, aliases }) => [name, ...aliases]);
}

/** The options of every command, except those that this command defines differently. */
export function sharedOptions({ options: own }: CommandWords, { options }: Vocabulary): readonly Option[] {
  return options.filter(({ name }) => !own.some((one) => one.name === name));
}

/** All options of a command, its own first. */
export function optionsOf(command: CommandWords, vocabulary: Vocabulary): readonly Option[] {
  return [...command.options, ...sharedOptions(command, vocabulary)];
}
