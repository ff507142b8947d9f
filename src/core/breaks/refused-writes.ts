import { FOR_CLIENTS } from "../check/recipes.ts";
import { named, sqlName } from "../check/words.ts";
import { at, bodyOf, type Fields, functionName, kindOf, textAt } from "../parse-tree/node.ts";
import { enumeration } from "../text/display.ts";
import { functionSource } from "../trace/block-work.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import type { Relation, TracedFile, TracedStatement, Trigger } from "../trace/trace.ts";
import type { Break } from "./broken-things.ts";

/* Writes of running clients that triggers and rules refuse, drop or replace after a file. */

export function* refusedWrites(file: TracedFile): Iterable<Break> {
  for (const { statement, resolve } of inOrder(file)) {
    const refused = refusedWords(file, statement, resolve);
    if (refused !== undefined) yield { by: statement, words: refused, recipe: FOR_CLIENTS.refused };
  }
}

function refusedWords(file: TracedFile, statement: TracedStatement, resolve: Resolve): string | undefined {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "CreateFunctionStmt") return replacedWords(file, statement);
  if (kind !== "CreateTrigStmt" && kind !== "RuleStmt") return undefined;
  const table = resolve(at(body, "relation") as RangeVar);
  if (!table) return undefined;
  if (kind === "RuleStmt") return ruleWords(body, table);
  return triggerWords(functionSource(file, statement, functionName(body)), madeTrigger(body, table), table);
}

function madeTrigger(body: Fields, table: Relation): Trigger {
  const [events, timing] = [Number(at(body, "events") ?? 0), Number(at(body, "timing") ?? 0)];
  const type = events | timing | (at(body, "row") === true ? EACH_ROW : 0);
  const conditional = at(body, "whenClause") !== undefined;
  return { name: textAt(body, "trigname") ?? "", table: table.oid, type, conditional };
}

/** A function that is replaced, and that triggers of older tables run. */
function replacedWords(file: TracedFile, statement: TracedStatement): string | undefined {
  const source = functionSource(file, statement, functionName(bodyOf(statement)));
  for (const trigger of statement.triggers ?? []) {
    const table = file.before.get(trigger.table);
    const words = table && triggerWords(source, trigger, table);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** A trigger whose function does nothing but raise an error, or drop the row. */
function triggerWords(source: string, { name, type, conditional }: Trigger, table: Relation): string | undefined {
  const events = EVENTS.flatMap(([bit, word]) => (type & bit ? [word] : []));
  if (conditional || events.length === 0) return undefined;
  const [title, writes] = [`the trigger ${sqlName(name)}`, `${enumeration(events)} of ${named(table)}`];
  if (/^\s*(?:declare\b.*)?begin\s+raise\s+(?:exception\b|sqlstate\b|')/i.test(source))
    return `${title} refuses each ${writes}`;
  const isDropped = type & EACH_ROW && type & BEFORE && /^\s*begin\s+return\s+null\s*;/i.test(source);
  return isDropped ? `${title} leaves each ${writes} without effect` : undefined;
}

/* As in pg_trigger.tgtype, and in parse trees. */
const EACH_ROW = 1;
const BEFORE = 2;
const EVENTS: readonly (readonly [bit: number, word: string])[] = [
  [4, "INSERT"],
  [16, "UPDATE"],
  [8, "DELETE"],
];

/** A rule that replaces each write of a table; views have such rules so that they can be written. */
function ruleWords(body: Fields, table: Relation): string | undefined {
  const event = WRITES[textAt(body, "event") ?? ""];
  const isWhole = at(body, "instead") === true && at(body, "whereClause") === undefined;
  if (event === undefined || !isWhole || table.kind === "v") return undefined;
  return `the rule ${sqlName(textAt(body, "rulename") ?? "")} replaces each ${event} of ${named(table)}`;
}

const WRITES: Readonly<Record<string, string>> = { CMD_INSERT: "INSERT", CMD_UPDATE: "UPDATE", CMD_DELETE: "DELETE" };
