import { cac } from "cac";
import { COMMANDS, type PgstepCommand, TEXT_COMMANDS, VOCABULARY } from "./commands/index.ts";
import {
  type CommandWords,
  commandNames,
  type Invocation,
  type Option,
  optionsOf,
  type TextCommand,
} from "./core/command-line/command.ts";
import { type CommandLine, readWords, typedSettings } from "./core/command-line/read-words.ts";
import { COMPLETE } from "./core/completion/scripts.ts";
import { type Completion, completionAt } from "./core/completion/suggestions.ts";
import { usage } from "./core/failure/failure.ts";
import { commandHelp, programHelp } from "./core/help/help-text.ts";
import { nearest } from "./core/text/spelling.ts";

/** The request in a command line. */
export type Request =
  | {
      readonly kind: "run";
      readonly command: PgstepCommand;
      readonly invocation: Invocation;
      /** The options that may be settings. */
      readonly settings: ReadonlyMap<string, string>;
    }
  | { readonly kind: "text"; readonly text: string; readonly prose: boolean }
  | { readonly kind: "complete"; readonly current: string; readonly completion: Completion }
  | { readonly kind: "version" };

/**
 * Parses the words after the program's name. Every word stays as typed: "0012" is "0012".
 * @throws Failure usage
 */
export function parseCommandLine(words: readonly string[]): Request {
  if (words[0] === COMPLETE) return completionRequest(words.slice(1));
  const line = readWords(VOCABULARY, words);
  refuseSwitchValues(line);
  return requestOf(line);
}

/** The options that are settings, also of an invalid command line: one of them may be the format of the error. */
export function typedOptions(words: readonly string[]): ReadonlyMap<string, string> {
  return typedSettings(VOCABULARY, readWords(VOCABULARY, words));
}

/**
 * The request of the named command, or of the first one. cac dispatches by names and aliases. It gets no other words,
 * because it would turn the version 0012 into a number and accept other spellings of options (--dryRun).
 */
function requestOf(line: CommandLine): Request {
  const { word, command: known } = line;
  if (!known) throw unknownCommand(word ?? "");
  const parser = cac("pgstep");
  let request: Request | undefined;
  const declare = <Words extends CommandWords>(words: Words, read: (words: Words, line: CommandLine) => Request) => {
    const command = parser.command(words.name, words.summary);
    for (const alias of words.aliases) command.alias(alias);
    // The alias for the command that runs when none is named.
    if (words.name === COMMANDS[0]?.name) command.alias("!");
    command.action(() => {
      request = helpRequest(words, line) ?? read(words, line);
    });
  };
  for (const command of COMMANDS) declare(command, runRequest);
  for (const command of TEXT_COMMANDS) declare(command, textRequest);
  parser.parse(["", "", ...(word === undefined ? [] : [word])]);
  if (!request) throw unknownCommand(known.name);
  return request;
}

/** The request for help or the version, which overrides missing arguments and values; undefined if neither is typed. */
function helpRequest(command: CommandWords, line: CommandLine): Request | undefined {
  refuseOptions(command, line);
  const isGiven = (name: string) => line.options.some(({ option }) => option?.name === name);
  if (isGiven("version")) {
    refuseVersionLetter(line);
    return { kind: "version" };
  }
  if (!isGiven("help")) return undefined;
  const text = line.word === undefined ? programHelp(VOCABULARY) : commandHelp(command, VOCABULARY);
  return { kind: "text", text, prose: true };
}

function textRequest(command: TextCommand, line: CommandLine): Request {
  return { kind: "text", text: command.text(argumentsOf(command, line), VOCABULARY), prose: command.prose ?? false };
}

function runRequest(command: PgstepCommand, line: CommandLine): Request {
  const program = command.program === undefined ? [] : programOf(line);
  const typed = argumentsOf(command, line);
  const options = new Map(line.options.map(({ option, spelling, value = "" }) => [option?.name ?? spelling, value]));
  for (const { name, value } of optionsOf(command, VOCABULARY)) {
    if (value === undefined || options.get(name) !== "") continue;
    throw usage(
      `Cannot use --${name} without a value`,
      `Write --${name} <${value}>; if the value starts with a dash: --${name}=<${value}>.`,
    );
  }
  return {
    kind: "run",
    command,
    settings: typedSettings(VOCABULARY, line),
    invocation: { command: command.name, arguments: typed, program, options },
  };
}

/** The word at the cursor comes first, after a plus sign, then the words before it. */
function completionRequest([marked = "", ...before]: readonly string[]): Request {
  const current = marked.slice(1);
  return { kind: "complete", current, completion: completionAt(VOCABULARY, before, current) };
}

/** Checked first: the value may be meant as an argument or as the command. */
function refuseSwitchValues({ options }: CommandLine): void {
  const wrong = options.find(({ option, value }) => option && option.value === undefined && value !== undefined);
  if (!wrong) return;
  throw usage(`Cannot use ${wrong.spelling} with a value: it is a switch`, `Write ${wrong.spelling} alone.`);
}

function refuseOptions(command: CommandWords, line: CommandLine): void {
  const known = optionsOf(command, VOCABULARY);
  const given = new Set<Option>();
  for (const { option, spelling } of line.options) {
    if (!option || !known.includes(option)) throw unknownOption(spelling, command, line.word !== undefined);
    // A switch that is said twice says the same.
    if (given.has(option) && option.value !== undefined) {
      const isList = option.value.endsWith(",...");
      const hint = isList ? `Give it once, with commas: --${option.name} <${option.value}>.` : "Give it once.";
      throw usage(`Cannot use --${option.name} twice`, hint);
    }
    given.add(option);
  }
}

/** Elsewhere -v is often "verbose": printing the version with exit status 0 would look like the command succeeded. */
function refuseVersionLetter({ word, options }: CommandLine): void {
  if (word === undefined || !options.some(({ spelling }) => spelling === "-v")) return;
  throw usage(
    `Cannot use -v with pgstep ${word}: it could be --verbose or --version`,
    "Write --verbose in full; pgstep -v alone shows the version.",
  );
}

function argumentsOf(command: CommandWords, line: CommandLine): readonly string[] {
  const { afterDashes = [] } = line;
  if (command.arguments.length === 0) refuseProgram(command, afterDashes);
  const typed = command.program === undefined ? [...line.arguments, ...afterDashes] : line.arguments;
  const missing = command.arguments.find(
    ({ required, replacedBy }, index) =>
      required && !typed[index]?.trim() && !line.options.some(({ option }) => option?.name === replacedBy?.option),
  );
  if (missing) {
    const isDatabaseMeant = line.word === "create";
    const hint = isDatabaseMeant
      ? "To create the database: pgstep up --create-database."
      : (missing.replacedBy?.hint ?? seeHelp(command));
    throw usage(`Cannot run pgstep ${command.name}: <${missing.name}> is missing`, hint);
  }
  const unused = typed[command.arguments.length];
  if (unused === undefined || command.arguments.some(({ variadic }) => variadic)) return typed;
  throw usage(`Cannot run pgstep ${command.name}: unexpected argument "${unused}"`, seeHelp(command));
}

/** The words after "--", for a command that starts a program; may be empty, as in an image without a command. */
function programOf({ afterDashes = [] }: CommandLine): readonly string[] {
  if (afterDashes[0] !== "") return afterDashes;
  throw usage("Cannot start a program: the word after -- is empty", "Name the program, or remove --.");
}

function refuseProgram(command: CommandWords, [program]: readonly string[]): void {
  const starting = COMMANDS.find((one) => one.program !== undefined);
  if (program === undefined || command.program !== undefined || !starting) return;
  throw usage(
    `Cannot run pgstep ${command.name}: it does not start a program, but "${program}" follows --`,
    `Remove it, or run pgstep ${starting.name} -- ${program}.`,
  );
}

/** Words of other tools for options of pgstep. */
const COMMANDS_ELSEWHERE: Readonly<Record<string, string>> = { version: "--version" };
const LETTERS_ELSEWHERE: Readonly<Record<string, readonly string[]>> = { "-V": ["version"], "-n": ["dry-run"] };

function unknownCommand(name: string) {
  const meant = /^[0-9]+$/.test(name)
    ? `up ${name}`
    : (COMMANDS_ELSEWHERE[name] ?? nearest(name, commandNames(VOCABULARY)));
  return usage(
    `Cannot run "${name}": there is no such command`,
    meant ? `Did you mean pgstep ${meant}?` : `Commands are ${COMMANDS.map((command) => command.name).join(", ")}.`,
  );
}

function unknownOption(typed: string, command: CommandWords, named: boolean) {
  const plain = typed.replace(/^-+/, "");
  const dashed = plain.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("_", "-");
  const names = optionsOf(command, VOCABULARY).map(({ name }) => name);
  const letter = LETTERS_ELSEWHERE[typed]?.filter((name) => names.includes(name));
  const meant = letter?.length
    ? letter
    : dashed.length === 1
      ? names.filter((name) => name.startsWith(dashed) && !name.startsWith("no-"))
      : [nearest(dashed, names) ?? names.filter((name) => name.startsWith(`${dashed}-`))].flat();
  // "up --to 012" of other tools is "up 012".
  const argument = command.arguments.find(({ name }) => name === dashed || (name === "version" && dashed === "to"));
  const elsewhere = COMMANDS.find(({ options }) => options.some(({ name }) => name === dashed));
  const hint =
    meant.length > 0
      ? `Did you mean ${meant.map((name) => `--${name}`).join(" or ")}?`
      : argument
        ? `Write only the ${argument.name}: pgstep ${command.name} <${argument.name}>.`
        : elsewhere
          ? `It is an option of the command ${elsewhere.name}.`
          : seeHelp(named ? command : undefined);
  return usage(`Cannot use ${typed}: pgstep ${command.name} has no such option`, hint);
}

function seeHelp(command: CommandWords | undefined): string {
  return `For usage, run pgstep help${command ? ` ${command.name}` : ""}.`;
}
