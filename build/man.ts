import type { CommandWords, Option, Vocabulary } from "../src/core/command-line/command.ts";
import { EXIT_STATUSES } from "../src/core/failure/exit-statuses.ts";
import { argumentRows, effectText, optionLabel, usageLine, wrap } from "../src/core/help/help-text.ts";

/** Columns of a line in the source. */
const LINE = 78;

/** The manual page of pgstep in roff, with the macros of man(7). */
export function manPage(
  { commands, options }: Vocabulary,
  { version, date }: { version: string; date: string },
): string {
  const all = [...commands.flatMap((command) => command.options), ...options];
  return `${[
    `.TH PGSTEP 1 "${date}" "pgstep ${version}" "User Commands"`,
    ".SH NAME",
    roff("pgstep - PostgreSQL migrations in plain SQL files"),
    ".SH SYNOPSIS",
    `${bold("pgstep")} [${italic("command")}] [${italic("options")}]`,
    ".SH DESCRIPTION",
    roff(DESCRIPTION),
    ".SH COMMANDS",
    roff(`Without a command: pgstep ${commands[0]?.name}.`),
    ...commands.flatMap(commandLines),
    ".SH OPTIONS",
    "Every command has these options.",
    ...options.flatMap(optionLines),
    ".SH ENVIRONMENT",
    roff("The command line overrides variables. An empty variable counts as not set."),
    ...variables(all).flatMap(([variable, option]) =>
      entry(bold(variable), roff(`The same as ${optionLabel(option)}.`)),
    ),
    ...entry(
      `${bold("PGHOST")}, ${bold("PGPORT")}, ${bold("PGUSER")}, ${bold("PGPASSWORD")} ...`,
      roff("The variables of libpq, for what the URL leaves out."),
    ),
    ".SH FILES",
    ...FILES.flatMap(([path, meaning]) => entry(italic(path), roff(meaning))),
    ".SH EXIT STATUS",
    ...EXIT_STATUSES.flatMap(({ status, meaning }) => entry(bold(`${status}`), roff(meaning))),
    ".SH EXAMPLES",
    ...commands.flatMap(({ examples }) => examples).flatMap(({ line, note }) => entry(bold(line), roff(note))),
    ".SH SEE ALSO",
    `${bold("psql")}(1), ${bold("pg_dump")}(1)`,
    ".PP",
    roff("pgstep help <topic> explains files, transactions, locks and more."),
  ].join("\n")}\n`;
}

const DESCRIPTION =
  "Applies SQL files to a PostgreSQL database in the order of their versions, each in a transaction together with its " +
  "row in a table, the history, and undoes them with their down scripts. A lock allows one run at a time.";

const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ["database/migrations/{version}_{description}.sql", "The migrations."],
  ["database/migrations/{version}_{description}.down.sql", "Their down scripts."],
  ["pgstep.json", "Settings of the project, in the working directory or above it."],
  ["~/.pgpass", "Passwords, as libpq reads them."],
  ["~/.pg_service.conf", "Services, as libpq reads them."],
];

function commandLines(command: CommandWords): string[] {
  const also = command.aliases.map((alias) => bold(`pgstep ${alias}`));
  return [
    `.SS ${inline(usageLine(command))}`,
    roff(`${command.description} ${effectText(command)}`),
    ...(also.length > 0 ? [".PP", `Also: ${also.join(", ")}.`] : []),
    ...argumentRows(command).flatMap(([name, summary]) => entry(italic(name), roff(summary))),
    ...command.options.flatMap(optionLines),
  ];
}

function optionLines(option: Option): string[] {
  const variable = option.variable ? ` [${option.variable}]` : "";
  return entry(bold(optionLabel(option)), roff(option.summary + variable));
}

/** Each variable once, with its option. */
function variables(options: readonly Option[]): (readonly [variable: string, option: Option])[] {
  const found = new Map<string, Option>();
  for (const option of options) {
    for (const variable of option.variable?.split(", ") ?? []) found.set(variable, option);
  }
  return [...found];
}

function entry(label: string, text: string): string[] {
  return [".TP", label, text];
}

function bold(text: string): string {
  return `\\fB${inline(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${inline(text)}\\fR`;
}

/** Characters that roff changes or interprets. */
const CHARACTERS: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "~": "\\(ti",
  "^": "\\(ha",
  '"': "\\(dq",
};

/** Text that roff prints literally; a dot at the start of a line would be a request. */
export function roff(text: string): string {
  return wrap(
    text
      .replace(/[\\\-'`~^"]/g, (character) => CHARACTERS[character] ?? character)
      .replace(/[^\x20-\x7e]/gu, (character) => `\\[u${hex(character)}]`),
    LINE,
  )
    .map((line) => line.replace(/^\./, "\\&."))
    .join("\n");
}

/** On one line, as a macro's argument must be. */
function inline(text: string): string {
  return roff(text).replaceAll("\n", " ");
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
