import { FOR_CLIENTS } from "../check/recipes.ts";
import { named, sqlName } from "../check/words.ts";
import { bodyOf, functionName, kindOf } from "../parse-tree/node.ts";
import type { NamedThing, TracedFile, TracedStatement } from "../trace/trace.ts";
import { typeChange } from "../trace/type-change.ts";

/* Functions, sequences and types that clients name, and that a file drops or changes. */

/** A change that fails queries of running clients. */
export interface Break {
  readonly by: TracedStatement;
  /** What is changed, in the reader's own names. */
  readonly words: string;
  readonly recipe: string;
}

/** The functions, sequences and types that queries of running clients no longer find as they were. */
export function* brokenThings(file: TracedFile): Iterable<Break> {
  const lost = file.statements.filter((statement) => statement.lost.length > 0);
  for (const thing of lost.length > 0 ? file.thingsBefore : []) {
    const by = lost.find((statement) => statement.lost.some((one) => isSame(one, thing)));
    if (!by || file.thingsAfter.some((one) => replaces(one, thing))) continue;
    const name = named(thing);
    if (thing.kind === "extension") {
      const now = file.thingsAfter.find((one) => one.kind === "extension" && one.oid === thing.oid);
      const words = now ? `is now in the schema ${sqlName(now.schema)}` : "is dropped";
      yield { by, words: `the extension ${sqlName(thing.name)} ${words}`, recipe: FOR_CLIENTS.extension };
      continue;
    }
    const signature = thing.kind === "sequence" ? "" : `(${thing.detail})`;
    if (thing.kind === "type" || thing.kind === "enum value" || thing.kind === "attribute") {
      const words = isUsed(file, thing) ? brokenType(file, thing) : undefined;
      if (words !== undefined)
        yield { by, words, recipe: kindOf(by) === "AlterEnumStmt" ? FOR_CLIENTS.value : FOR_CLIENTS.type };
      continue;
    }
    const isThere = file.thingsAfter.some((one) => isSame(one, thing));
    const now = file.thingsAfter.find((one) => one.oid === thing.oid && one.kind === thing.kind);
    const change = isThere ? "returns another type" : now ? `is now ${named(now)}` : "is dropped";
    yield { by, words: `the ${thing.kind} ${name}${signature} ${change}`, recipe: FOR_CLIENTS.thing };
  }
}

/**
 * The functions that calls no longer find, because another one takes the same arguments: PostgreSQL does not prefer the
 * one that needs no default (documentation, CREATE FUNCTION).
 */
export function* ambiguousFunctions({ statements, thingsBefore, thingsAfter }: TracedFile): Iterable<Break> {
  const isFunction = ({ kind }: NamedThing) => kind === "function";
  const added = thingsAfter.filter((one) => isFunction(one) && !thingsBefore.some((old) => isSame(old, one)));
  for (const one of added) {
    const old = thingsBefore.filter(isFunction).find((other) => isAmbiguous(one, other));
    const by = statements.find((statement) => makes(statement, one));
    if (!old || !by || !thingsAfter.some((other) => isSame(other, old))) continue;
    const [words, other] = [old, one].map((each) => `${named(each)}(${each.detail})`);
    yield { by, words: `calls of ${words} may also mean ${other} now, and fail`, recipe: FOR_CLIENTS.ambiguous };
  }
}

function isAmbiguous(one: NamedThing, other: NamedThing): boolean {
  if (named(one) !== named(other)) return false;
  const [types, others] = [one.detail.split(", "), other.detail.split(", ")];
  const count = Math.max(one.arguments[0], other.arguments[0]);
  const isCallable = count <= Math.min(one.arguments[1], other.arguments[1]);
  return isCallable && types.slice(0, count).every((type, index) => type === others[index]);
}

function makes(statement: TracedStatement, { name }: NamedThing): boolean {
  return kindOf(statement) === "CreateFunctionStmt" && functionName(bodyOf(statement)) === name;
}

/** What became of a type or a part of it; undefined if no client can notice. */
function brokenType({ thingsAfter }: TracedFile, thing: NamedThing): string | undefined {
  const name = named(thing);
  const types = thingsAfter.filter(({ kind }) => kind === "type");
  const renamed = types.find(({ oid, ...type }) => oid === thing.oid && named(type) !== name);
  const sameName = types.some((type) => named(type) === name);
  if (thing.kind === "type") return renamed && !sameName ? `${name} is now ${named(renamed)}` : undefined;
  if (!sameName) return undefined;
  if (thing.kind === "enum value") return `${name} no longer has the value '${thing.detail}'`;
  const now = thingsAfter.find((one) => isSame(one, thing));
  if (!now) return `${name} no longer has the attribute ${sqlName(thing.detail)}`;
  const { breaks } = typeChange(thing.result, now.result);
  return breaks ? `${name}.${sqlName(thing.detail)} is no longer ${thing.result} but ${now.result}` : undefined;
}

/** True if a column had the type before the file, or a function has it in its signature. */
function isUsed({ before, thingsBefore }: TracedFile, { kind, oid, name }: NamedThing): boolean {
  const isColumn = [...before.values()].some(({ columns }) => columns.some(({ typeOid }) => typeOid === oid));
  if (isColumn || kind !== "attribute") return isColumn;
  return thingsBefore.some((one) => one.kind === "function" && hasWord(`${one.detail} ${one.result}`, name));
}

function hasWord(text: string, word: string): boolean {
  return text.split(/[^\w$]+/).includes(word);
}

function isSame(one: NamedThing, other: NamedThing): boolean {
  return one.kind === other.kind && named(one) === named(other) && one.detail === other.detail;
}

/** True if queries that use a thing work with the other one as well. */
function replaces(one: NamedThing, thing: NamedThing): boolean {
  if (isSame(one, thing)) return isResultOf(one, thing);
  const [least, most] = one.arguments;
  const isCallable = least <= thing.arguments[1] && thing.arguments[1] <= most;
  const areFunctions = one.kind === "function" && thing.kind === "function";
  const areAlike = areFunctions && named(one) === named(thing) && isCallable;
  return areAlike && takesArgumentsOf(one, thing) && isResultOf(one, thing);
}

/** True if a function accepts the types of the other one's arguments. */
function takesArgumentsOf({ detail }: NamedThing, { detail: old }: NamedThing): boolean {
  const types = detail.split(", ");
  return old.split(", ").every((type, index) => !typeChange(type, types[index] ?? type).breaks);
}

/** True if a function returns what the other one did; a table may have more columns. */
function isResultOf({ result }: NamedThing, { result: old }: NamedThing): boolean {
  return result === old || (old.endsWith(")") && result.startsWith(`${old.slice(0, -1)}, `));
}
