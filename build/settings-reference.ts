import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { summaryOf } from "../src/core/settings/setting-options.ts";
import { SETTING_NAMES, type Setting, settingOf } from "../src/core/settings/table.ts";
import { ROOT } from "./runtimes.ts";

/*
 * The second copy of the settings, for editors and readers: generated from the table of settings, kept in the
 * repository, and checked by a test.
 */

export const SCHEMA_PATH = join(ROOT, "schema", "pgstep.schema.json");
export const REFERENCE_PATH = join(ROOT, "docs", "settings.md");

/** The JSON schema of a project file. */
export function settingsSchema(): string {
  const rows = SETTING_NAMES.map(settingOf).filter(({ key }) => key !== undefined);
  const properties = (settings: readonly Setting[]) =>
    Object.fromEntries(settings.map((setting) => [setting.key, propertyOf(setting)]));
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Settings of pgstep",
    description: "pgstep.json, or the key pgstep of package.json",
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string" },
      ...properties(rows),
      environments: {
        description: "Settings of one environment, by its name; selected with --env or PGSTEP_ENV",
        type: "object",
        additionalProperties: { $ref: "#/definitions/section" },
      },
    },
    definitions: {
      section: {
        type: "object",
        additionalProperties: false,
        properties: properties(rows.filter(({ outsideSections }) => !outsideSections)),
      },
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const REFERENCE = { type: "string", pattern: "\\$\\{" };

function propertyOf({ kind, summary, default: fallback }: Setting): object {
  const written = { type: kind.json, ...(kind.json === "string" && { minLength: 1 }), ...kind.schema };
  const value = kind.json === "boolean" ? fallback === "true" : fallback;
  return {
    description: summary,
    ...(fallback !== undefined && { default: value }),
    // A string of any form may contain references anyway.
    ...(kind.json === "string" && !kind.schema ? written : { anyOf: [written, REFERENCE] }),
  };
}

const BEGIN = "<!-- the table of settings, written by build/settings-reference.ts -->";
const END = "<!-- end of the table -->";

/** The page with an up-to-date table. */
export function withReference(page: string): string {
  const [before, rest] = split(page, BEGIN);
  const [, after] = split(rest, END);
  return `${before}${BEGIN}\n\n${referenceTable()}\n${END}${after}`;
}

function split(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`docs/settings.md has no line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function referenceTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const setting = settingOf(name);
    const { kind, flag, shorthands = [], variables, signals = [], parts = [], key, ofProgram } = setting;
    const flags = [
      `--${flag}${kind.placeholder ? ` <${kind.placeholder}>` : ""}`,
      ...shorthands.map((one) => `--${one.flag}`),
    ];
    const spelled = [...variables, ...(parts.length > 0 ? ["PG*"] : []), ...signals.map(({ variable }) => variable)];
    return [
      code(flags),
      code(spelled),
      code(key ? [key] : []),
      code(ofProgram ? [] : [name]),
      escaped(summaryOf(setting)),
    ];
  });
  const head = ["flag", "variables", "project file", "library", "what it is (and its default)"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function code(words: readonly string[]): string {
  return words.length === 0 ? "–" : words.map((word) => `\`${word}\``).join(", ");
}

function escaped(text: string): string {
  return text.replace(/[<|]/g, (found) => `\\${found}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  mkdirSync(dirname(SCHEMA_PATH), { recursive: true });
  writeFileSync(SCHEMA_PATH, settingsSchema());
  if (existsSync(REFERENCE_PATH)) writeFileSync(REFERENCE_PATH, withReference(readFileSync(REFERENCE_PATH, "utf8")));
}
