import {
  type CommandWords,
  commandNamed,
  commandNames,
  type Option,
  sharedOptions,
  type Vocabulary,
} from "../command-line/command.ts";
import { shellWord } from "../command-line/consent.ts";
import { withoutPasswords } from "../settings/connection-mask.ts";
import { SETTING_NAMES, settingOf } from "../settings/table.ts";
import { GLUE } from "../text/display.ts";

/** The program's name in the hints that the code writes: `pgstep baseline <version>`. */
export const PROGRAM = "pgstep";

/** How to start pgstep as this process was started. */
export interface ProgramWords {
  /** For a shell: "pgstep", "npx pgstep", "npm run migrate --". */
  readonly words: string;
  /** Names of the flags that are already in these words. */
  readonly given: ReadonlySet<string>;
}

interface RepeatedFlag {
  readonly name: string;
  /** As typed in a shell. */
  readonly text: string;
  readonly locates: "database" | "files";
  readonly lacksPassword: boolean;
}

/** A command in a hint. */
interface FoundCommand {
  readonly command: CommandWords;
  /** The end of the command's last word in the hint. */
  readonly end: number;
  /** Names of the options in the command. */
  readonly options: ReadonlySet<string>;
}

/** Limit for the commands that a terminal does not break; a hostile text may contain any number. */
const MOST_REMEMBERED = 100;

const PASSWORD_NOTE = "The URL is shown without its password: type it when pgstep asks, or set PGPASSWORD.";

/**
 * Turns the commands in hints (`pgstep <command> ...`) into commands that the user can paste: started as this process
 * was, and with the flags that say which database and files are meant. Settings from the environment or the project
 * file apply again anyway.
 */
export class HintCommands {
  readonly #vocabulary: Vocabulary;
  readonly #program: (commandNames: readonly string[]) => ProgramWords;
  readonly #flags: readonly RepeatedFlag[];
  #words: ProgramWords | undefined;
  readonly #written = new Set<string>();
  readonly #options = new Map<CommandWords, ReadonlyMap<string, Option>>();

  /**
   * @param program returns how pgstep was started, given the command names; called only if a hint has a command
   * @param typed the options of the command line, by name
   */
  constructor(
    vocabulary: Vocabulary,
    program: (commandNames: readonly string[]) => ProgramWords,
    typed: ReadonlyMap<string, string>,
  ) {
    this.#vocabulary = vocabulary;
    this.#program = program;
    this.#flags = repeatedFlags(typed);
  }

  /** The hint with its commands ready to paste. */
  rewritten(hint: string): string {
    let text = "";
    let done = 0;
    let lacksPassword = false;
    for (const { index } of hint.matchAll(MENTION)) {
      const found = index < done ? undefined : this.#commandAt(hint, index);
      if (!found) continue;
      this.#words ??= this.#program(commandNames(this.#vocabulary));
      const { words, given } = this.#words;
      // A command that was rewritten before stays as it is.
      if (words !== PROGRAM && hint.slice(0, index + PROGRAM.length).endsWith(words)) continue;
      const flags = this.#flagsFor(found, given);
      const typed =
        words + hint.slice(index + PROGRAM.length, found.end) + flags.map((flag) => ` ${flag.text}`).join("");
      this.#remember(typed);
      lacksPassword ||= flags.some((flag) => flag.lacksPassword);
      text += hint.slice(done, index) + typed;
      done = found.end;
    }
    if (done === 0) return hint;
    text += hint.slice(done);
    return lacksPassword && !text.includes(PASSWORD_NOTE)
      ? `${text}${/[.!?]$/.test(text) ? "" : "."} ${PASSWORD_NOTE}`
      : text;
  }

  /** Replaces the blanks in commands by a sign at which no line is broken: half a command may do harm. */
  unbroken(text: string): string {
    return [...this.#written]
      .sort((one, other) => other.length - one.length)
      .reduce((shown, command) => shown.replaceAll(command, command.replaceAll(" ", GLUE)), text);
  }

  #remember(command: string): void {
    if (this.#written.size >= MOST_REMEMBERED) this.#written.delete([...this.#written][0] ?? "");
    this.#written.add(command);
  }

  #flagsFor({ command, options }: FoundCommand, given: ReadonlySet<string>): RepeatedFlag[] {
    const known = this.#optionsOf(command);
    return this.#flags.filter(
      ({ name, locates }) =>
        known.has(name) &&
        !options.has(name) &&
        !given.has(name) &&
        !(command.withoutDatabase && locates === "database"),
    );
  }

  /** The command that starts with the program's name at `start`; undefined if the text is about pgstep itself. */
  #commandAt(hint: string, start: number): FoundCommand | undefined {
    const words = wordsFrom(hint, start + PROGRAM.length);
    const first = words.next().value;
    if (!first) return undefined;
    const { commands } = this.#vocabulary;
    const named = commandNamed(commands, first.text);
    const command = named ?? (first.text.startsWith("--") ? commands[0] : undefined);
    if (!command) return undefined;
    const known = this.#optionsOf(command);
    const options = new Set<string>();
    let end = named ? first.end : start + PROGRAM.length;
    for (let word = named ? words.next().value : first; word; word = words.next().value) {
      const [spelled = "", value] = word.text.split("=", 2);
      const option = spelled.startsWith("--") ? known.get(spelled.slice(2)) : undefined;
      if (!option && !isArgument(word.text, command)) break;
      const last = option?.value !== undefined && value === undefined ? (words.next().value ?? word) : word;
      if (option) options.add(option.name);
      end = last.end;
    }
    return named || options.size > 0 ? { command, end, options } : undefined;
  }

  /** Options of a command by name, without those that mean something else for other commands. */
  #optionsOf(command: CommandWords): ReadonlyMap<string, Option> {
    const known = this.#options.get(command) ?? this.#readOptions(command);
    this.#options.set(command, known);
    return known;
  }

  #readOptions(command: CommandWords): ReadonlyMap<string, Option> {
    if ("text" in command) return new Map();
    const { options: everywhere } = this.#vocabulary;
    const isEverywhere = (name: string) => everywhere.some((option) => option.name === name);
    const own = command.options.filter(({ name }) => !isEverywhere(name));
    return new Map([...own, ...sharedOptions(command, this.#vocabulary)].map((option) => [option.name, option]));
  }
}

const MENTION = /(?<![\w./@-])pgstep(?= [a-z-])/g;

interface HintWord {
  readonly text: string;
  readonly end: number;
}

const WORD = / (<[^<>\n]*>|(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\<>])+)/y;
const PUNCTUATION = ".,;:!?)";

/** The words that follow in the same part of the sentence, each after one blank. */
function* wordsFrom(text: string, start: number): Generator<HintWord, undefined> {
  let at = start;
  for (;;) {
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[1];
    if (word === undefined) return undefined;
    let { length } = word;
    while (PUNCTUATION.includes(word[length - 1] ?? " ")) length--;
    const end = at + 1 + length;
    if (length > 0) yield { text: word.slice(0, length), end };
    if (length < word.length || PUNCTUATION.includes(text[end] ?? " ")) return undefined;
    at = end;
  }
}

/** True if a word is an argument of the command before it: a placeholder, a quoted text, a number, a path. */
function isArgument(word: string, command: CommandWords): boolean {
  if (command.arguments.length === 0) return false;
  if ("text" in command) return /^[a-z-]+$/.test(word);
  return /^(?:<.*>|'.*|".*|[0-9]+|.*[/\\].*)$/s.test(word);
}

function repeatedFlags(typed: ReadonlyMap<string, string>): RepeatedFlag[] {
  return SETTING_NAMES.map(settingOf).flatMap(({ flag: name, locates, kind }) => {
    const value = typed.get(name);
    if (!locates || !value || kind.placeholder === undefined) return [];
    const shown = name === "url" ? withoutPasswords(value) : value;
    const lacksPassword = shown !== value && !["password-file", "password-command"].some((flag) => typed.has(flag));
    return [{ name, text: flagText(name, shown), locates, lacksPassword }];
  });
}

/** @param value undefined if it must not be shown */
function flagText(name: string, value: string | undefined): string {
  if (value === undefined) return `--${name} <${name}>`;
  return value.startsWith("-") ? `--${name}=${shellWord(value)}` : `--${name} ${shellWord(value)}`;
}
