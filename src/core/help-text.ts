import type { CommandWords, Option } from "./command.ts";

/** No line of help is longer, so that it reads well in every terminal. */
const WIDTH = 80;

/** The help of the whole program. */
export function programHelp(commands: readonly CommandWords[], globalOptions: readonly Option[]): string {
  const [first] = commands;
  return page(
    ["pgstep - PostgreSQL migrations in plain SQL files"],
    ["Usage: pgstep [command] [options]"],
    section(
      "Commands",
      commands.map((command) => [synopsis(command), command.summary] as const),
    ),
    [`Without a command: pgstep ${first?.name ?? ""}.`],
    section("Options", globalOptions.map(optionRow)),
    ["More on a command: pgstep help <command>"],
  );
}

/** The help of one command. */
export function commandHelp(command: CommandWords, globalOptions: readonly Option[], isDefault: boolean): string {
  const also = command.aliases.map((alias) => `pgstep ${alias}`);
  if (isDefault) also.push("pgstep alone");
  return page(
    [`pgstep ${command.name} - ${command.summary}`],
    [`Usage: pgstep ${synopsis(command)} [options]`, ...(also.length > 0 ? [`Also:  ${also.join(", ")}`] : [])],
    wrap(command.description, WIDTH),
    section(
      "Arguments",
      command.arguments.map(({ name, summary }) => [name, summary] as const),
    ),
    section("Options", command.options.map(optionRow)),
    section("Options of every command", globalOptions.map(optionRow)),
    section(
      "Examples",
      command.examples.map(({ line, remark }) => [line, remark] as const),
    ),
  );
}

function synopsis({ name, arguments: args }: CommandWords): string {
  const words = args.map((one) => {
    const word = one.variadic ? `${one.name}...` : one.name;
    return one.required ? `<${word}>` : `[${word}]`;
  });
  return [name, ...words].join(" ");
}

type Row = readonly [left: string, right: string];

function optionRow({ name, letter, value, summary, variable }: Option): Row {
  const left = `${letter ? `-${letter}, ` : ""}--${name}${value ? ` <${value}>` : ""}`;
  return [left, variable ? `${summary} [${variable}]` : summary];
}

function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const column = Math.max(...rows.map(([left]) => left.length)) + 4;
  const lines = rows.flatMap(([left, right]) =>
    wrap(right, WIDTH - column).map((line, index) => `${(index === 0 ? `  ${left}` : "").padEnd(column)}${line}`),
  );
  return [`${title}:`, ...lines];
}

function wrap(text: string, width: number): string[] {
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
