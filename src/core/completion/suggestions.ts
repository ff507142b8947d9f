import type { Argument, CommandWords, Completes, Option, Vocabulary } from "../command-line/command.ts";

/** A word that may stand at the cursor, whole, and what it means. */
export interface Suggestion {
  readonly text: string;
  readonly remark: string;
}

/** What may stand at the cursor. */
export interface Completion {
  readonly suggestions: readonly Suggestion[];
  /** What else fits and is not known here: paths, the versions of the migrations, a program to start. */
  readonly wanted?: "file" | "directory" | "version" | "program";
  /** What of the word at the cursor stands before the value: "--to=" of "--to=01", else nothing. */
  readonly prefix: string;
  /** The values of the options typed so far, by name. */
  readonly options: ReadonlyMap<string, string>;
}

/**
 * What may stand at the cursor. Never fails: where nothing is known, there is nothing to suggest.
 * @param before the words before the one at the cursor, without the program's name
 * @param current the word at the cursor, up to the cursor
 */
export function completionAt(vocabulary: Vocabulary, before: readonly string[], current: string): Completion {
  const typed = readWords(vocabulary, before);
  const { options } = typed;
  const words = (suggestions: readonly Suggestion[], prefix = ""): Completion => ({
    suggestions: starting(suggestions, current),
    prefix,
    options,
  });
  const values = (completes: Completes | undefined, prefix = ""): Completion => {
    if (typeof completes === "string") return { ...words([], prefix), wanted: completes };
    return words(completes?.map((value) => ({ text: prefix + value, remark: "" })) ?? [], prefix);
  };
  if (typed.program !== undefined) {
    return { ...words([]), wanted: typed.program === 0 ? "program" : "file" };
  }
  if (typed.awaiting) return values(typed.awaiting.completes);
  if (!typed.behindDashes && current.startsWith("-")) {
    const [name = "", value] = current.split("=", 2);
    if (value === undefined) return words(optionsLeft(vocabulary, typed));
    return values(findOption(vocabulary, typed.command, name)?.completes, `${name}=`);
  }
  if (!typed.command) return words(typed.arguments === 0 ? vocabulary.commands.flatMap(namesOf) : []);
  const argument = argumentAt(typed.command, typed.arguments);
  return argument ? values(argument.completes) : words(optionsLeft(vocabulary, typed));
}

interface Typed {
  command: CommandWords | undefined;
  /** How many arguments there are so far; words where a command is expected and none is known count as well. */
  arguments: number;
  readonly options: Map<string, string>;
  readonly given: Set<string>;
  /** The option whose value comes next. */
  awaiting: Option | undefined;
  behindDashes: boolean;
  /** How many words of a program to start there are so far; undefined before it. */
  program: number | undefined;
}

function readWords(vocabulary: Vocabulary, words: readonly string[]): Typed {
  const typed: Typed = {
    command: undefined,
    arguments: 0,
    options: new Map(),
    given: new Set(),
    awaiting: undefined,
    behindDashes: false,
    program: undefined,
  };
  for (const word of words) {
    if (typed.program !== undefined) {
      typed.program++;
    } else if (typed.awaiting) {
      typed.options.set(typed.awaiting.name, word);
      typed.awaiting = undefined;
    } else if (word === "--" && !typed.behindDashes) {
      typed.behindDashes = true;
      if ((typed.command ?? vocabulary.commands[0])?.program !== undefined) typed.program = 0;
    } else if (word.startsWith("-") && word !== "-" && !typed.behindDashes) {
      readOption(vocabulary, typed, word);
    } else if (typed.command) {
      typed.arguments++;
    } else {
      typed.command = vocabulary.commands.find(({ name, aliases }) => name === word || aliases.includes(word));
      if (!typed.command) typed.arguments++;
    }
  }
  return typed;
}

function readOption(vocabulary: Vocabulary, typed: Typed, word: string): void {
  const end = word.indexOf("=");
  const option = findOption(vocabulary, typed.command, end === -1 ? word : word.slice(0, end));
  if (!option) return;
  typed.given.add(option.name);
  if (option.value === undefined) return;
  if (end === -1) typed.awaiting = option;
  else typed.options.set(option.name, word.slice(end + 1));
}

/** Before the command is known, an option may be any command's, but those of every command are more likely. */
function findOption({ commands, options }: Vocabulary, command: CommandWords | undefined, word: string) {
  const known = command
    ? [...command.options, ...options]
    : [...(commands[0]?.options ?? []), ...options, ...commands.flatMap((one) => one.options)];
  return known.find(({ name, letter }) => word === `--${name}` || (letter && word === `-${letter}`));
}

function optionsLeft({ commands, options }: Vocabulary, { command, given }: Typed): Suggestion[] {
  const own = (command ?? commands[0])?.options ?? [];
  // An option of the command's own may have the name of one that every command has.
  return [...own, ...options.filter(({ name }) => !own.some((one) => one.name === name))]
    .filter(({ name }) => !given.has(name))
    .map(({ name, summary }) => ({ text: `--${name}`, remark: summary }));
}

function argumentAt({ arguments: all }: CommandWords, index: number): Argument | undefined {
  const last = all.at(-1);
  return all[index] ?? (last?.variadic ? last : undefined);
}

function namesOf({ name, aliases, summary }: CommandWords): Suggestion[] {
  return [{ text: name, remark: summary }, ...aliases.map((alias) => ({ text: alias, remark: `the same as ${name}` }))];
}

/** Those that go on from what is typed already. */
export function starting(suggestions: readonly Suggestion[], current: string): readonly Suggestion[] {
  return suggestions.filter(({ text }) => text.startsWith(current));
}
