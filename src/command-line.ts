import { type CAC, cac } from "cac";
import { COMMANDS, GLOBAL_OPTIONS, type PgstepCommand, TEXT_COMMANDS, VOCABULARY } from "./commands/index.ts";
import type { CommandWords, Invocation, Option } from "./core/command-line/command.ts";
import { COMPLETE } from "./core/completion/scripts.ts";
import { type Completion, completionAt } from "./core/completion/suggestions.ts";
import { usage } from "./core/failure/failure.ts";
import { commandHelp, programHelp } from "./core/help/help-text.ts";
import { HELP_TOPICS } from "./core/help/index.ts";
import { nearest } from "./core/text/spelling.ts";

/** What somebody who typed a command line wants. */
export type Request =
  | {
      readonly kind: "run";
      readonly command: PgstepCommand;
      readonly invocation: Invocation;
      /** The options that may say settings. */
      readonly settings: ReadonlyMap<string, string>;
    }
  | { readonly kind: "text"; readonly text: string; readonly prose: boolean }
  | { readonly kind: "complete"; readonly current: string; readonly completion: Completion }
  | { readonly kind: "version" };

/**
 * Reads the words behind the program's name. Every word arrives as it was typed: "0012" stays "0012".
 * @throws Failure usage
 */
export function parseCommandLine(typedWords: readonly string[]): Request {
  if (typedWords[0] === COMPLETE) return completionRequest(typedWords.slice(1));
  refuseSwitchValues(typedWords);
  const parser = buildParser();
  parser.parse(["", "", ...shielded(typedWords)], { run: false });
  const behindDashes: readonly string[] = parser.options["--"] ?? [];
  const before = parser.args.map((word) => unshield(String(word)));
  const name = parser.matchedCommandName;
  if (name === undefined && before[0] !== undefined) throw unknownCommand(before[0]);
  const command = name === undefined ? COMMANDS[0] : commandOf(name);
  const textCommand = TEXT_COMMANDS.find((one) => one.name === name);
  const words = command ?? textCommand;
  if (!words) throw unknownCommand(name ?? "");
  const given = givenOptions(typedWords, words, name !== undefined);
  if (given.has("version")) {
    if (name !== undefined) refuseVersionLetter(typedWords, name);
    return { kind: "version" };
  }
  if (given.has("help")) {
    return { kind: "text", text: helpOf(name === undefined ? undefined : words), prose: true };
  }
  const program = words.program === undefined ? [] : checkedProgram(behindDashes);
  const typed = words.program === undefined ? [...before, ...behindDashes] : before;
  if (words.arguments.length === 0) refuseProgram(words, behindDashes);
  checkArguments(words, typed);
  if (textCommand) {
    return { kind: "text", text: textCommand.text(typed, VOCABULARY), prose: textCommand.prose ?? false };
  }
  if (!command) throw unknownCommand(name ?? "");
  const options = new Map([...given].map((option) => [option, ""]));
  for (const option of optionsOf(command)) {
    if (option.value !== undefined && given.has(option.name)) {
      options.set(option.name, requireValue(option, parser.options[camelCase(option.name)]));
    }
  }
  const settings = new Map([...options].filter(([option]) => !isOwn(command, option)));
  return { kind: "run", command, settings, invocation: { command: command.name, arguments: typed, program, options } };
}

/** The options, read from a command line even when it is wrong: how to say so may be among them. */
export function typedOptions(words: readonly string[]): ReadonlyMap<string, string> {
  const command = words.map(commandOf).find((one) => one !== undefined);
  const known = [...GLOBAL_OPTIONS, ...COMMANDS.flatMap(({ options }) => options)];
  const flags = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    if (word === "--") break;
    const [name = "", ...value] = word.split("=");
    const option = known.find((one) => isOption(word) && isSpelling(one, name));
    if (!option || (command && isOwn(command, option.name))) continue;
    const behind = option.value === undefined ? "" : words[index + 1];
    flags.set(option.name, value.length > 0 ? value.join("=") : (behind ?? ""));
  }
  return flags;
}

/** Whether a command means something of its own by an option that is a setting elsewhere. */
function isOwn(command: CommandWords, option: string): boolean {
  const has = (options: readonly Option[]) => options.some(({ name }) => name === option);
  return has(command.options) && has(GLOBAL_OPTIONS);
}

function buildParser(): CAC {
  const parser = cac("pgstep");
  const declare = (option: Option) =>
    `${option.letter ? `-${option.letter}, ` : ""}${option.otherName ? `--${option.otherName}, ` : ""}--${option.name}${option.value ? ` <${option.value}>` : ""}`;
  for (const option of GLOBAL_OPTIONS) parser.option(declare(option), option.summary);
  for (const words of VOCABULARY.commands) {
    const command = parser.command(words.name, words.summary);
    for (const alias of words.aliases) command.alias(alias);
    for (const option of words.options) command.option(declare(option), option.summary);
    // Its name for the command that is meant when none is named.
    if (words === COMMANDS[0]) command.alias("!");
  }
  return parser;
}

/** The words as the parser reads them right; it takes those behind "--" as they are. */
function shielded(words: readonly string[]): string[] {
  const end = words.indexOf("--");
  return end === -1 ? words.map(shield) : [...words.slice(0, end).map(shield), ...words.slice(end)];
}

/** No word of a command line can hold it: the operating system ends words there. */
const SHIELD = "\0";

/**
 * Keeps the parser from making numbers and truth values of what looks like them ("0012" would be 12, seventeen digits
 * another number, "" zero), and from taking the next word for the value of "--to=". It knows switches by their names in
 * camel case only; under any other it takes the word behind a switch for its value.
 */
function shield(word: string): string {
  if (isOption(word)) {
    const [name = word] = word.split("=", 1);
    const known = name.startsWith("--no-") ? name : camelCase(name);
    return name === word ? known : `${known}=${SHIELD}${word.slice(name.length + 1)}`;
  }
  const converted = word.trim() === "" || Number.isFinite(Number(word)) || word === "true" || word === "false";
  return converted || word === "-" ? SHIELD + word : word;
}

function unshield(word: string): string {
  return word.startsWith(SHIELD) ? word.slice(SHIELD.length) : word;
}

/** Whether a word before "--" is an option; a dash alone is not. */
function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

interface Flag {
  /** With its dashes. */
  readonly name: string;
  readonly hasValue: boolean;
}

/** The words that are options. The parser never takes one of these for the value of another. */
function flagsOf(words: readonly string[]): Flag[] {
  const end = words.indexOf("--");
  return words
    .slice(0, end === -1 ? undefined : end)
    .filter(isOption)
    .map((word) => ({ name: word.split("=", 1)[0] ?? word, hasValue: word.includes("=") }));
}

/**
 * The names of the options that were typed. The parser lets unknown ones pass, accepts other spellings (--dryRun), and
 * adds up what is given twice; all of that is judged here.
 */
function givenOptions(words: readonly string[], command: CommandWords, named: boolean): Set<string> {
  const known = optionsOf(command);
  const given = new Set<string>();
  for (const { name } of flagsOf(words)) {
    const option = known.find((one) => isSpelling(one, name));
    if (!option) throw unknownOption(name, command, named);
    if (given.has(option.name)) {
      const isList = option.value?.endsWith(",...");
      const hint = isList ? `Give it once, with commas: --${option.name} <${option.value}>.` : "Give it once.";
      throw usage(`Cannot use --${option.name} twice`, hint);
    }
    given.add(option.name);
  }
  return given;
}

function isSpelling({ name, otherName, letter }: Option, typed: string): boolean {
  return [`--${name}`, otherName && `--${otherName}`, letter && `-${letter}`].includes(typed);
}

/** Judged before everything else: the parser would take the value for an argument, or for the command. */
function refuseSwitchValues(words: readonly string[]): void {
  const known = [...COMMANDS.flatMap(({ options }) => options), ...GLOBAL_OPTIONS];
  for (const { name, hasValue } of flagsOf(words)) {
    const option = known.find((one) => isSpelling(one, name));
    if (hasValue && option && option.value === undefined) {
      throw usage(`Cannot use ${name} with a value: it is a switch`, `Write ${name} alone.`);
    }
  }
}

/** Elsewhere -v is often "verbose": telling the version and success would pass for the command's own. */
function refuseVersionLetter(words: readonly string[], name: string): void {
  if (!flagsOf(words).some((flag) => flag.name === "-v")) return;
  throw usage(
    `Cannot use -v with pgstep ${name}: it could be --verbose or --version`,
    "Write --verbose in full; pgstep -v alone tells the version.",
  );
}

function requireValue(option: Option, parsed: unknown): string {
  const value = typeof parsed === "string" ? unshield(parsed) : "";
  if (value !== "") return value;
  throw usage(
    `Cannot use --${option.name} without a value`,
    `Write --${option.name} <${option.value}>; if the value starts with a dash: --${option.name}=<${option.value}>.`,
  );
}

function checkArguments(command: CommandWords, typed: readonly string[]): void {
  const missing = command.arguments.filter(({ required }, index) => required && !typed[index]?.trim());
  if (missing[0]) {
    throw usage(`Cannot run pgstep ${command.name}: <${missing[0].name}> is missing`, seeHelp(command));
  }
  if (command.arguments.some(({ variadic }) => variadic)) return;
  const unused = typed[command.arguments.length];
  if (unused !== undefined) {
    throw usage(`Cannot run pgstep ${command.name}: it has no use for "${unused}"`, seeHelp(command));
  }
}

/** What was typed behind "--", for a command that starts it; nothing at all is fine, as in an image without a command. */
function checkedProgram(behindDashes: readonly string[]): readonly string[] {
  if (behindDashes[0] !== "") return behindDashes;
  throw usage("Cannot start a program: the word behind -- is empty", "Name the program, or leave -- out.");
}

function refuseProgram(command: CommandWords, behindDashes: readonly string[]): void {
  const starting = COMMANDS.find(({ program }) => program !== undefined);
  if (behindDashes[0] === undefined || command.program !== undefined || !starting) return;
  throw usage(
    `Cannot run pgstep ${command.name}: it starts no program, so it has no use for "${behindDashes[0]}" behind --`,
    `Leave it out, or run pgstep ${starting.name} -- ${behindDashes[0]}.`,
  );
}

function helpOf(command: CommandWords | undefined): string {
  return command ? commandHelp(command, VOCABULARY) : programHelp(VOCABULARY, HELP_TOPICS);
}

/** The word at the cursor comes first, behind a plus sign, and then the words before it. */
function completionRequest([marked = "", ...before]: readonly string[]): Request {
  const current = marked.slice(1);
  return { kind: "complete", current, completion: completionAt(VOCABULARY, before, current) };
}

function commandOf(name: string): PgstepCommand | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases.includes(name));
}

function optionsOf(command: CommandWords): readonly Option[] {
  return [
    ...command.options,
    ...GLOBAL_OPTIONS.filter(({ name }) => !command.options.some((own) => own.name === name)),
  ];
}

function unknownCommand(name: string) {
  const names = VOCABULARY.commands.flatMap((command) => [command.name, ...command.aliases]);
  const meant = /^[0-9]+$/.test(name) ? `up ${name}` : nearest(name, names);
  return usage(
    `Cannot run "${name}": there is no such command`,
    meant ? `Did you mean pgstep ${meant}?` : `Commands are ${COMMANDS.map((command) => command.name).join(", ")}.`,
  );
}

function unknownOption(typed: string, command: CommandWords, named: boolean) {
  const plain = typed.replace(/^-+/, "");
  const dashed = plain.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("_", "-");
  const names = optionsOf(command).map(({ name }) => name);
  const meant =
    dashed.length === 1
      ? names.filter((name) => name.startsWith(dashed) && !name.startsWith("no-"))
      : [nearest(dashed, names) ?? []].flat();
  const elsewhere = COMMANDS.find(({ options }) => options.some(({ name }) => name === dashed));
  const hint =
    meant.length > 0
      ? `Did you mean ${meant.map((name) => `--${name}`).join(" or ")}?`
      : elsewhere
        ? `It is an option of the command ${elsewhere.name}.`
        : seeHelp(named ? command : undefined);
  return usage(`Cannot use ${typed}: pgstep ${command.name} has no such option`, hint);
}

function seeHelp(command: CommandWords | undefined): string {
  return `Run pgstep help${command ? ` ${command.name}` : ""} to see what can be typed.`;
}

/** As the parser names its results. */
function camelCase(name: string): string {
  return name.replace(/(?<=[a-z])-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
