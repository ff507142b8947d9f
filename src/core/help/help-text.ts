import type { CommandWords, Option, Vocabulary } from "../command-line/command.ts";
import type { HelpTopic } from "./help-topic.ts";

/** Longest line of help, in columns. */
export const HELP_WIDTH = 80;

const GROUP_COLUMN = 10;
const NAME_COLUMN = 12;

/** The help of the whole program: the commands by group. With a prompt it fits a terminal of 24 lines. */
export function programHelp({ groups, commands: [first] }: Vocabulary): string {
  const rows = groups.flatMap(({ title, commands }) =>
    commands.map(({ name, summary }, index) => {
      const heading = (index === 0 ? title : "").padEnd(GROUP_COLUMN);
      return `${heading}${name.padEnd(NAME_COLUMN)}${summary}`;
    }),
  );
  return page([
    `Usage: pgstep [command] [options]   PostgreSQL migrations; the default is ${first?.name}`,
    ...rows,
    "More: pgstep help <command>, help options, help topics; pgstep completion",
  ]);
}

/** The list of help topics. */
export function topicsHelp(topics: readonly HelpTopic[]): string {
  return page(
    section(
      "Topics",
      topics.map(({ name, summary }) => [name, summary] as const),
    ),
    ["More on a topic: pgstep help <topic>"],
  );
}

/** The help of one command. */
export function commandHelp(command: CommandWords, vocabulary: Vocabulary): string {
  const also = command.aliases.map((alias) => `pgstep ${alias}`);
  if (command === vocabulary.commands[0]) also.push("pgstep alone");
  return page(
    [`pgstep ${command.name} - ${command.summary}`],
    [`Usage: ${usageLine(command)}`, ...(also.length > 0 ? [`Also:  ${also.join(", ")}`] : [])],
    wrap(`${command.description} ${effectText(command)}`, HELP_WIDTH),
    section("Arguments", argumentRows(command)),
    section("Options", command.options.map(optionRow)),
    ["Options of every command: pgstep help options"],
    section(
      "Examples",
      command.examples.map(({ line, note }) => [line, note] as const),
    ),
  );
}

/** The syntax of a command, e.g. "pgstep up [version] [options]". */
export function usageLine(command: CommandWords): string {
  const program = command.program === undefined ? "" : " [-- program...]";
  return `pgstep ${synopsis(command)} [options]${program}`;
}

/** Says whether a command is safe in an untrusted checkout. */
export function effectText({ effect, looksWith }: CommandWords): string {
  if (effect === "reads") return "Safe in a checkout that you do not trust.";
  return `Run it only in a checkout that you trust${looksWith === undefined ? "" : `, or with --${looksWith}`}.`;
}

/** The arguments of a command with their summaries. */
export function argumentRows({ arguments: all, program }: CommandWords): Row[] {
  return [
    ...all.map(({ name, summary }) => [name, summary] as const),
    ...(program === undefined ? [] : [["-- program...", program] as const]),
  ];
}

/** An option as typed, e.g. "-y, --yes" or "--dir <directory>". */
export function optionLabel({ name, letter, value }: Option): string {
  return `${letter ? `-${letter}, ` : ""}--${name}${value ? ` <${value}>` : ""}`;
}

function synopsis({ name, arguments: args }: CommandWords): string {
  const words = args.map((one) => {
    const word = one.variadic ? `${one.name}...` : one.name;
    return one.required ? `<${word}>` : `[${word}]`;
  });
  return [name, ...words].join(" ");
}

export type Row = readonly [left: string, right: string];

/** An option with its summary, and the variable that sets the same. */
export function optionRow(option: Option): Row {
  const { summary, variable } = option;
  return [optionLabel(option), variable ? `${summary} [${variable}]` : summary];
}

/** A title and rows of two columns below it; empty without rows. */
export function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const column = Math.max(...rows.map(([left]) => left.length)) + 4;
  const lines = rows.flatMap(([left, right]) =>
    wrap(right, HELP_WIDTH - column).map((line, index) => `${(index === 0 ? `  ${left}` : "").padEnd(column)}${line}`),
  );
  return [`${title}:`, ...lines];
}

/** Breaks the text into lines of at most `width` characters; a longer word gets its own line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

function page(...parts: readonly (readonly string[])[]): string {
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")}\n`;
}
