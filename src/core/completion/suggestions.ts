import {
  type Argument,
  type CommandWords,
  type Completes,
  type Option,
  optionsOf,
  type Vocabulary,
} from "../command-line/command.ts";
import { type CommandLine, optionSpelled, readWords, typedSettings } from "../command-line/read-words.ts";

/** A whole word that fits at the cursor, and its description. */
export interface Suggestion {
  readonly text: string;
  readonly note: string;
}

/** Completions at the cursor. */
export interface Completion {
  readonly suggestions: readonly Suggestion[];
  /** Other completions, which the caller adds: paths, the versions of the migrations, a program to start. */
  readonly wanted?: "file" | "directory" | "version" | "program";
  /** The part of the word at the cursor before the value: "--to=" of "--to=01"; else empty. */
  readonly prefix: string;
  /** The typed options that are settings, by name. */
  readonly options: ReadonlyMap<string, string>;
}

/**
 * Completions at the cursor; empty where nothing fits. Never fails.
 * @param before the words before the one at the cursor, without the program's name
 * @param current the word at the cursor, up to the cursor
 */
export function completionAt(vocabulary: Vocabulary, before: readonly string[], current: string): Completion {
  const line = readWords(vocabulary, before);
  const { word, command, afterDashes } = line;
  const words = (suggestions: readonly Suggestion[], prefix = ""): Completion => ({
    suggestions: starting(suggestions, current),
    prefix,
    options: typedSettings(vocabulary, line),
  });
  const values = (completes: Completes | undefined, prefix = ""): Completion => {
    if (typeof completes === "string") return { ...words([], prefix), wanted: completes };
    return words(completes?.map((value) => ({ text: prefix + value, note: "" })) ?? [], prefix);
  };
  if (afterDashes && (command ?? vocabulary.commands[0])?.program !== undefined) {
    return { ...words([]), wanted: afterDashes.length === 0 ? "program" : "file" };
  }
  // Before the command is typed, an option may belong to any command.
  const own = word === undefined || !command ? undefined : optionsOf(command, vocabulary);
  const known = (option: Option | undefined) => (option && (own?.includes(option) ?? true) ? option : undefined);
  const last = line.options.at(-1);
  const awaiting = !afterDashes && before.at(-1) === last?.spelling ? known(last?.option) : undefined;
  if (awaiting?.value !== undefined) return values(awaiting.completes);
  if (!afterDashes && current.startsWith("-")) {
    const [spelling = "", value] = current.split("=", 2);
    if (value === undefined) return words(optionsLeft(vocabulary, line));
    return values(known(optionSpelled(vocabulary, command, spelling))?.completes, `${spelling}=`);
  }
  if (word === undefined) return words(vocabulary.commands.flatMap(namesOf));
  if (!command) return words([]);
  const argument = argumentAt(command, line.arguments.length + (afterDashes?.length ?? 0));
  return argument ? values(argument.completes) : words(optionsLeft(vocabulary, line));
}

function optionsLeft(vocabulary: Vocabulary, line: CommandLine): Suggestion[] {
  const [first] = vocabulary.commands;
  const command = line.command ?? first;
  return (command ? optionsOf(command, vocabulary) : vocabulary.options)
    .filter((option) => !line.options.some((typed) => typed.option?.name === option.name))
    .map(({ name, summary }) => ({ text: `--${name}`, note: summary }));
}

function argumentAt({ arguments: all }: CommandWords, index: number): Argument | undefined {
  const last = all.at(-1);
  return all[index] ?? (last?.variadic ? last : undefined);
}

function namesOf({ name, aliases, summary }: CommandWords): Suggestion[] {
  return [{ text: name, note: summary }, ...aliases.map((alias) => ({ text: alias, note: `the same as ${name}` }))];
}

/** The suggestions that start with the typed text. */
export function starting(suggestions: readonly Suggestion[], current: string): readonly Suggestion[] {
  return suggestions.filter(({ text }) => text.startsWith(current));
}
