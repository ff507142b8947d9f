import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EVENTS } from "../../src/adapters/json-report/events.ts";
import { duration } from "../../src/core/settings/kinds.ts";
import { SETTING_NAMES, type Setting, type SettingName, settingOf } from "../../src/core/settings/table.ts";
import { ROOT } from "../runtimes.ts";
import { code, plain, table } from "./markdown.ts";

/*
 * What is written of the library's options: the declaration of the settings, which editors show, and the tables of
 * docs/library.md, which come from the comments of the declarations.
 */

interface Option {
  readonly name: string;
  readonly text: string;
  /** As code; undefined if there is none, or if the text explains it. */
  readonly fallback: string | undefined;
}

const SETTINGS = SETTING_NAMES.map((name) => [name, settingOf(name)] as const).filter(
  ([, { ofProgram }]) => !ofProgram,
);

function settingOption([name, setting]: readonly [SettingName, Setting]): Option {
  const { summary, kind, default: fallback, note, early } = setting;
  const isDuration = kind === duration;
  const read = fallback !== undefined && isDuration ? kind.read(fallback) : undefined;
  // The library reads only files that are named.
  const [what = "", other] = (early ? summary.replace(/, instead of .*/, "; default: none") : summary).split(
    "; default: ",
  );
  const value = read && "value" in read ? String(read.value) : fallback && JSON.stringify(fallback);
  const sentences = [
    `${what[0]?.toUpperCase()}${what.slice(1)}${isDuration ? ", in milliseconds" : ""}`,
    ...(kind.words ? [`One of ${kind.words.join(", ")}`] : []),
    ...(other ? [`Default: ${other}`] : []),
    ...(note ? [`${note[0]?.toUpperCase()}${note.slice(1)}`] : []),
  ];
  return { name, text: sentences.map((sentence) => `${sentence}.`).join(" "), fallback: value };
}

/** The declaration of the settings that are options of the library. */
export function givenSettings(): string {
  const options = SETTINGS.map((one) => {
    const { name, text, fallback } = settingOption(one);
    const { variables, early } = one[1];
    const noun = variables.length === 1 ? "Variable" : "Variables";
    const named = early || variables.length === 0 ? "" : ` ${noun}: ${variables.join(", ")}.`;
    return `${comment(text + (fallback ? ` Default: ${fallback}.` : "") + named)}  readonly ${name}?: Given<"${name}">;\n`;
  });
  return `/* Made by \`npm run docs\` from the table of settings. */
import type { SettingValues } from "../settings/table.ts";

type Given<Name extends keyof SettingValues> = Exclude<SettingValues[Name], undefined>;

/** Settings as options of the library. A missing one comes from its variable, or has its default. */
export interface GivenSettings {
${options.join("")}}
`;
}

/** Of a property, in lines of at most 120 columns. */
function comment(text: string): string {
  if (text.length <= 120 - "  /**  */".length) return `  /** ${text} */\n`;
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1] ?? "";
    if (`   * ${line} ${word}`.length > 120) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return `  /**\n${lines.map((line) => `   * ${line}\n`).join("")}   */\n`;
}

/** The options in a declaration, each with its comment. @throws Error for an option without one */
function declaredOptions(path: string, name: string): Option[] {
  const source = readFileSync(join(ROOT, path), "utf8");
  const [, body] = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(source) ?? [];
  if (body === undefined) throw new Error(`${path} has no interface ${name}`);
  const properties = [...body.matchAll(/^( {2}\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)? {2}readonly (\w+)\??:/gm)];
  return properties.map(([, words, option = ""]) => {
    if (!words) throw new Error(`${path}: ${name}.${option} has no comment`);
    const text = words
      .replace(/^\s*\/?\*+\/?| \*\/$/gm, "")
      .replace(/\s+/g, " ")
      .trim();
    const [, before = text, fallback] = /^(.*?) Default: ([^.]+)\.$/.exec(text) ?? [];
    return { name: option, text: before, fallback };
  });
}

const SOURCES: Readonly<Record<string, () => string>> = {
  settings: () => optionsTable(SETTINGS.map(settingOption)),
  runner: () => optionsTable(declaredOptions("src/library/options.ts", "MigrationRunnerOptions")),
  runMigrations: () =>
    optionsTable([
      ...declaredOptions("src/core/migrations/plan.ts", "UpTarget"),
      ...declaredOptions("src/library/options.ts", "RunOptions"),
    ]),
  testDatabase: () => optionsTable(declaredOptions("src/library/test-database.ts", "TestDatabaseOptions")),
  events: () =>
    table(
      ["event", "meaning"],
      OF_LIBRARY.map((name) => eventRow(EVENTS[name])),
    ),
};

/** The events of the library's calls; the others belong to commands that only the program has. */
const OF_LIBRARY = [
  ...([
    "planned",
    "stepStarted",
    "statementFinished",
    "stepFinished",
    "notice",
    "warning",
    "repeatableFinished",
  ] as const),
  ...([
    "hookFinished",
    "hookOutput",
    "lockWaiting",
    "retrying",
    "blocked",
    "statementProgress",
    "resetPlanned",
  ] as const),
] as const;

function eventRow({ description = "", properties }: (typeof EVENTS)[keyof typeof EVENTS]): string[] {
  const type = String((properties as { type: { const?: unknown } }).type.const);
  return [`[${code(type)}](json.md#${type})`, plain(description.replace(/ Only with --verbose.*$/, ""))];
}

function optionsTable(options: readonly Option[]): string {
  const rows = options.map(({ name, text, fallback }) => [code(name), fallback ? code(fallback) : "", cell(text)]);
  return table(["option", "default", "what it is"], rows);
}

/** Comments are Markdown already; only tags must not look like HTML. */
function cell(text: string): string {
  return text.replaceAll("<", "\\<");
}

/** The page with current tables: each stands between `<!-- table: name -->` and `<!-- end of table -->`. */
export function libraryPage(): string {
  const page = readFileSync(join(ROOT, "docs/library.md"), "utf8");
  return page.replace(/(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end of table -->)/g, (_, begin, name, end) => {
    const made = SOURCES[name];
    if (!made) throw new Error(`docs/library.md: there is no table ${name}`);
    return `${begin}\n${made()}\n\n${end}`;
  });
}
