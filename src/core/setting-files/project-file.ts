import { Failure, type FilePlace } from "../failure/failure.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../settings/table.ts";
import type { Position } from "../text/position.ts";
import { nearest } from "../text/spelling.ts";
import { placeAt } from "./file-place.ts";
import { type JsonMember, type JsonNode, parseJsonTree } from "./json-tree.ts";
import { hasReferences } from "./substitution.ts";

/** The key of package.json that holds the settings. */
export const PACKAGE_KEY = "pgstep";
export const ENVIRONMENTS_KEY = "environments";
const SCHEMA_KEY = "$schema";

/** A file of settings that was found or named. */
export interface ProjectFileSource {
  /** The path to show to the user. */
  readonly path: string;
  readonly text: string;
  /** True for a package.json, which has the settings under a key. */
  readonly isPackage: boolean;
}

/** A value as written in a file, before its references are replaced. */
export interface Written {
  readonly text: string;
  readonly key: string;
  readonly place: FilePlace;
}

export type WrittenSettings = ReadonlyMap<SettingName, Written>;

/** The settings of a project file, and all its errors. */
export interface ProjectFile {
  readonly path: string;
  readonly settings: WrittenSettings;
  /** By the name of the environment. */
  readonly environments: ReadonlyMap<string, WrittenSettings>;
  readonly problems: readonly Failure[];
}

/** Reads the file; undefined for a package.json without the key. @throws Failure settings when it is not JSON */
export function readProjectFile({ path, text, isPackage }: ProjectFileSource): ProjectFile | undefined {
  // A broken package.json without the key is not pgstep's problem.
  if (isPackage && !text.includes(`"${PACKAGE_KEY}"`)) return undefined;
  const document = parseJsonTree(text, path);
  const root = isPackage ? membersOf(document).findLast(({ key }) => key === PACKAGE_KEY)?.value : document;
  if (!root) return undefined;
  const reader = new ProjectFileReader(path, text);
  const settings = new Map<SettingName, Written>();
  const environments = new Map<string, WrittenSettings>();
  for (const member of reader.objectAt(root, isPackage ? `"${PACKAGE_KEY}"` : "it")) {
    if (member.key === SCHEMA_KEY) continue;
    if (member.key !== ENVIRONMENTS_KEY) {
      reader.setting(member, settings, false);
      continue;
    }
    for (const section of reader.objectAt(member.value, `"${ENVIRONMENTS_KEY}"`)) {
      const own = new Map<SettingName, Written>();
      for (const one of reader.objectAt(section.value, `"${section.key}"`)) reader.setting(one, own, true);
      environments.set(section.key, own);
    }
  }
  const problems = reader.problems.sort((a, b) => comparePlaces(a.place, b.place));
  return { path, settings, environments, problems };
}

class ProjectFileReader {
  readonly problems: Failure[] = [];
  readonly #path: string;
  readonly #text: string;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** The members of a node that must be an object, each key once. */
  objectAt(node: JsonNode, name: string): readonly JsonMember[] {
    if (node.kind !== "object") {
      this.#problem(node.offset, `${name} is ${kindOf(node)} instead of an object`, "Write { } around the settings.");
      return [];
    }
    const known = new Set<string>();
    for (const { key, offset } of node.members) {
      if (known.has(key)) this.#problem(offset, `"${key}" appears twice`, "Remove one of them.");
      known.add(key);
    }
    return node.members;
  }

  setting({ key, offset, value }: JsonMember, settings: Map<SettingName, Written>, inSection: boolean): void {
    const name = SETTING_NAMES.find((one) => settingOf(one).key === key);
    if (!name) {
      this.#unknown(key, offset, inSection);
      return;
    }
    const { kind, outsideSections } = settingOf(name);
    const isWhole = (value.kind === "object" || value.kind === "array") && kind.json === value.kind;
    const text = isWhole ? JSON.stringify(plainOf(value)) : textOf(value);
    const isReference = value.kind === "string" && hasReferences(value.value);
    const result = text === undefined || isReference ? undefined : kind.read(text);
    if (inSection && outsideSections) {
      this.#problem(offset, `"${key}" is inside a section of "${ENVIRONMENTS_KEY}"`, "Move it above all sections.");
    } else if (text === undefined || (value.kind !== kind.json && !isReference)) {
      this.#problem(value.offset, `"${key}" is ${kindOf(value)} instead of ${kind.expected}`, kind.hint);
    } else if (text === "") {
      this.#problem(value.offset, `"${key}" is empty`, "Give it a value, or leave it out.");
    } else if (result && "problem" in result) {
      this.#problem(value.offset, `"${key}": ${result.problem}`, kind.hint);
    } else {
      settings.set(name, { text, key, place: placeAt(this.#path, this.#text, value.offset) });
    }
  }

  #unknown(key: string, offset: number, inSection: boolean): void {
    const settings = SETTING_NAMES.map(settingOf);
    const keys = settings.flatMap((one) => one.key ?? []);
    const dashed = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("_", "-");
    const sameFlag = settings.find(({ flag }) => flag === dashed);
    const meant = sameFlag?.key ?? nearest(key, inSection ? keys : [...keys, ENVIRONMENTS_KEY]);
    const hint = meant
      ? `Did you mean "${meant}"?`
      : sameFlag
        ? `Use --${sameFlag.flag} or ${sameFlag.variables[0]}.`
        : `Known settings: ${keys.join(", ")}.`;
    this.#problem(offset, `there is no setting "${key}"`, hint);
  }

  #problem(offset: number, what: string, hint: string): void {
    const place = placeAt(this.#path, this.#text, offset);
    this.problems.push(new Failure("settings", `Cannot use ${this.#path}: ${what}`, { place, hint }));
  }
}

function comparePlaces(a: Partial<Position> = {}, b: Partial<Position> = {}): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function textOf(node: JsonNode): string | undefined {
  return node.kind === "string" || node.kind === "boolean" || node.kind === "number" ? String(node.value) : undefined;
}

function plainOf(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.members.map(({ key, value }) => [key, plainOf(value)]));
    case "array":
      return node.items.map(plainOf);
    case "null":
      return null;
    default:
      return node.value;
  }
}

function membersOf(node: JsonNode): readonly JsonMember[] {
  return node.kind === "object" ? node.members : [];
}

const KINDS: Readonly<Record<JsonNode["kind"], string>> = {
  object: "an object",
  array: "a list",
  string: "a string",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

function kindOf({ kind }: JsonNode): string {
  return KINDS[kind];
}
