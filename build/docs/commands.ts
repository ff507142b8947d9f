import type { CommandWords, Option, Vocabulary } from "../../src/core/command-line/command.ts";
import { argumentRows, effectText, optionLabel, usageLine } from "../../src/core/help/help-text.ts";
import { statusesOf } from "./command-statuses.ts";
import { code, GENERATED, plain, table } from "./markdown.ts";

/** The reference of all commands. */
export function commandsPage({ commands, options }: Vocabulary): string {
  const [first] = commands;
  const list = commands.map((command) => [
    `[${command.name}](#${command.name})`,
    plain(command.summary),
    effect(command),
  ]);
  return `${[
    GENERATED,
    "# Commands",
    `Without a command: ${code(`pgstep ${first?.name}`)}. ${code("pgstep help <command>")} shows the same in the terminal.`,
    table(["command", "what it does", "effect"], list),
    "A command that only looks is safe in a checkout that you do not trust: [security.md](security.md#a-checkout-that-you-do-not-trust).",
    ...commands.map((command) => section(command, command === first)),
    "## Options of every command",
    optionTable(options),
  ].join("\n\n")}\n`;
}

function section(command: CommandWords, isDefault: boolean): string {
  const also = [...command.aliases.map((alias) => code(`pgstep ${alias}`)), ...(isDefault ? [code("pgstep")] : [])];
  const args = argumentRows(command).map(([name, summary]) => [code(name), plain(summary)]);
  const examples = command.examples.map(({ line, note }) => [code(line), plain(note)]);
  return [
    `## ${command.name}`,
    indented([usageLine(command)]),
    ...(also.length > 0 ? [`Also: ${also.join(", ")}`] : []),
    plain(`${command.description} ${effectText(command)}`),
    ...(args.length > 0 ? [table(["argument", "what it is"], args)] : []),
    ...(command.options.length > 0 ? [optionTable(command.options)] : []),
    ...(examples.length > 0 ? [table(["example", "what it is for"], examples)] : []),
    table(
      ["exit status", "when"],
      statusesOf(command).map(([status, meaning]) => [`${status}`, plain(meaning)]),
    ),
  ].join("\n\n");
}

function effect({ effect: own, looksWith }: CommandWords): string {
  return own === "reads" ? "only looks" : `changes${looksWith ? `; only looks with ${code(`--${looksWith}`)}` : ""}`;
}

function optionTable(options: readonly Option[]): string {
  return table(
    ["option", "what it does", "variable"],
    options.map((option) => [
      code(optionLabel(option)),
      plain(option.summary),
      option.variable?.split(", ").map(code).join(", ") ?? "",
    ]),
  );
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join("\n");
}
