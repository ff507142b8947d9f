import { type CommandWords, commandNamed, type Option, optionsOf, type Vocabulary } from "./command.ts";

/** The words of a command line, each in its place. Nothing is judged here: wrong words have a place as well. */
export interface CommandLine {
  /** The word that names the command, as typed; undefined when there is none. */
  readonly word: string | undefined;
  /** The command that the word names, or the first of the vocabulary without a word; undefined for an unknown word. */
  readonly command: CommandWords | undefined;
  /** The words after the command and before "--" that belong to no option. */
  readonly arguments: readonly string[];
  readonly options: readonly TypedOption[];
  /** The words after "--", as they are; undefined without "--". */
  readonly afterDashes: readonly string[] | undefined;
}

export interface TypedOption {
  /** With its dashes and without a value: "--to", "-y". */
  readonly spelling: string;
  /** The command's option of that spelling, else another command's; undefined when no command has one. */
  readonly option: Option | undefined;
  /** Typed as "--to=1" or "--to 1"; undefined when no value was typed. */
  readonly value: string | undefined;
}

/**
 * Reads the words after the program's name. Every word stays as it was typed: "0012" is "0012". Never fails.
 *
 * An option takes the next word for its value unless that word is an option too. This does not depend on the command,
 * which may come later: an option has a value in all commands that have it, or in none. An option that no command has is
 * assumed to have a value, but for "--no-...", so that its value does not pass for the command.
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
 * The values of the options that say settings, by name; a switch is "". A wrong command line has them too: how to report
 * what is wrong with it may be among them.
 */
export function typedSettings({ options: everywhere }: Vocabulary, line: CommandLine): ReadonlyMap<string, string> {
  const isIn = (options: readonly Option[], name: string) => options.some((one) => one.name === name);
  // A command may mean something of its own by an option that is a setting elsewhere.
  const isOwn = (name: string) => isIn(line.command?.options ?? [], name) && isIn(everywhere, name);
  return new Map(
    line.options.flatMap(({ option, value = "" }) => (option && !isOwn(option.name) ? [[option.name, value]] : [])),
  );
}

/** The option of that spelling: the command's, else one of all commands, else another command's. */
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

/** Whether a word before "--" is an option; a dash alone is not. */
export function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

function hasValue(vocabulary: Vocabulary, spelling: string): boolean {
  const option = optionSpelled(vocabulary, undefined, spelling);
  return option ? option.value !== undefined : !spelling.startsWith("--no-");
}
