import { type CommandWords, commandNamed, type Option, optionsOf, type Vocabulary } from "./command.ts";

/** The words of a command line, sorted but not checked: unknown words are included. */
export interface CommandLine {
  /** The word in the command's place, as typed; undefined if there is none. */
  readonly word: string | undefined;
  /** The command that the word names, or the default command without a word; undefined for an unknown word. */
  readonly command: CommandWords | undefined;
  /** The words after the command and before "--" that belong to no option. */
  readonly arguments: readonly string[];
  readonly options: readonly TypedOption[];
  /** The words after "--", unchanged; undefined without "--". */
  readonly afterDashes: readonly string[] | undefined;
}

export interface TypedOption {
  /** With its dashes, without its value: "--to", "-y". */
  readonly spelling: string;
  /** The option of this command, else of another command; undefined if no command has it. */
  readonly option: Option | undefined;
  /** From "--to=1" or "--to 1"; undefined if no value was typed. */
  readonly value: string | undefined;
}

/**
 * Splits the words after the program's name. Every word stays as typed: "0012" is "0012". Never fails.
 *
 * An option takes the next word as its value unless that word is an option too. This does not depend on the command,
 * which may come later: an option has a value in all commands that have it, or in none. An unknown option is assumed to
 * have a value, except "--no-...", so that its value is not taken for the command.
 */
export function readWords(vocabulary: Vocabulary, words: readonly string[]): CommandLine {
  const { commands } = vocabulary;
  const end = words.indexOf("--");
  const left = end === -1 ? [...words] : words.slice(0, end);
  const plain: string[] = [];
  const options: Omit<TypedOption, "option">[] = [];
  for (let typed = left.shift(); typed !== undefined; typed = left.shift()) {
    if (!isOption(typed)) {
      plain.push(typed);
      continue;
    }
    const [spelling = typed, ...parts] = typed.split("=");
    const isNext = parts.length === 0 && left[0] !== undefined && !isOption(left[0]) && hasValue(vocabulary, spelling);
    options.push({ spelling, value: isNext ? left.shift() : parts.length > 0 ? parts.join("=") : undefined });
  }
  const [word, ...rest] = plain;
  const command = word === undefined ? commands[0] : commandNamed(commands, word);
  return {
    word,
    command,
    arguments: rest,
    options: options.map((one) => ({ ...one, option: optionSpelled(vocabulary, command, one.spelling) })),
    afterDashes: end === -1 ? undefined : words.slice(end + 1),
  };
}

/**
 * The values of the options that are settings, by name; a switch is "". Also read from an invalid command line, because
 * one of them may be the format of the error.
 */
export function typedSettings({ options: everywhere }: Vocabulary, line: CommandLine): ReadonlyMap<string, string> {
  const isIn = (options: readonly Option[], name: string) => options.some((one) => one.name === name);
  // A command may redefine an option that is a setting elsewhere.
  const isOwn = (name: string) => isIn(line.command?.options ?? [], name) && isIn(everywhere, name);
  return new Map(
    line.options.flatMap(({ option, value = "" }) => (option && !isOwn(option.name) ? [[option.name, value]] : [])),
  );
}

/** The option with that spelling: the command's own, else a common one, else another command's. */
export function optionSpelled(
  vocabulary: Vocabulary,
  command: CommandWords | undefined,
  spelling: string,
): Option | undefined {
  const { commands, options } = vocabulary;
  const known = [...(command ? optionsOf(command, vocabulary) : options), ...commands.flatMap((one) => one.options)];
  return known.find(
    ({ name, otherName, letter }) =>
      spelling === `--${name}` ||
      (otherName !== undefined && spelling === `--${otherName}`) ||
      (letter !== undefined && spelling === `-${letter}`),
  );
}

/** True if a word before "--" is an option; a dash alone is not. */
export function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

function hasValue(vocabulary: Vocabulary, spelling: string): boolean {
  const option = optionSpelled(vocabulary, undefined, spelling);
  return option ? option.value !== undefined : !spelling.startsWith("--no-");
}
