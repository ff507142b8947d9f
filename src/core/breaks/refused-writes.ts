import { FOR_CLIENTS } from "../check/recipes.ts";
import { named, sqlName } from "../check/words.ts";
import { at, bodyOf, type Fields, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { enumeration } from "../text/display.ts";
import { functionSource } from "../trace/block-work.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import type { Relation, TracedFile, TracedStatement } from "../trace/trace.ts";
import type { Break } from "./broken-things.ts";

/* Writes of running clients that the server refuses or drops after a file: by triggers, rules and sequences. */

export function* refusedWrites(file: TracedFile): Iterable<Break> {
  for (const { statement, resolve } of inOrder(file)) {
    const refused = refusedWords(file, statement, resolve);
    if (refused !== undefined) yield { by: statement, words: refused, recipe: FOR_CLIENTS.refused };
    const restarted = sequenceWords(file, statement);
    if (restarted !== undefined) yield { by: statement, words: restarted, recipe: FOR_CLIENTS.restarted };
  }
}

function refusedWords(file: TracedFile, statement: TracedStatement, resolve: Resolve): string | undefined {
  const body = bodyOf(statement);
  const table = resolve(at(body, "relation") as RangeVar);
  if (!table) return undefined;
  if (kindOf(statement) === "CreateTrigStmt") return triggerWords(file, statement, table);
  return kindOf(statement) === "RuleStmt" ? ruleWords(body, table) : undefined;
}

/** A trigger whose function does nothing but raise an error, or drop the row. */
function triggerWords(file: TracedFile, by: TracedStatement, table: Relation): string | undefined {
  const body = bodyOf(by);
  const source = functionSource(file, by, textAt(listAt(body, "funcname").at(-1), "String", "sval") ?? "");
  const isOfRows = at(body, "row") === true;
  const isBefore = at(body, "timing") === BEFORE;
  const events = EVENTS.flatMap(([bit, word]) => (Number(at(body, "events") ?? 0) & bit ? [word] : []));
  const title = `the trigger ${sqlName(textAt(body, "trigname") ?? "")}`;
  if (at(body, "whenClause") !== undefined || events.length === 0) return undefined;
  const writes = `${enumeration(events)} of ${named(table)}`;
  if (/^\s*(?:declare\b.*)?begin\s+raise\s+(?:exception\b|sqlstate\b|')/i.test(source))
    return `${title} refuses each ${writes}`;
  const isDropped = isOfRows && isBefore && /^\s*begin\s+return\s+null\s*;/i.test(source);
  return isDropped ? `${title} leaves each ${writes} without effect` : undefined;
}

/** As in pg_trigger.tgtype. */
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

/** A sequence that begins again although the rows with its numbers stay. */
function sequenceWords(file: TracedFile, statement: TracedStatement): string | undefined {
  const name = restarted(statement);
  if (name === undefined || file.statements.some(empties)) return undefined;
  const isThing = file.thingsBefore.some((one) => one.kind === "sequence" && one.name === name);
  const isOfTable = [...file.before.values()].some((one) => name.startsWith(`${one.name}_`));
  const words = `${sqlName(name)} begins again, so that an INSERT gets a number that a row has`;
  return isThing || isOfTable ? `the sequence ${words}` : undefined;
}

function empties(statement: TracedStatement): boolean {
  const kind = kindOf(statement);
  return kind === "TruncateStmt" || (kind === "DeleteStmt" && at(bodyOf(statement), "whereClause") === undefined);
}

/** The name of a sequence that a statement sets back to its begin. */
function restarted(statement: TracedStatement): string | undefined {
  const body = bodyOf(statement);
  if (kindOf(statement) === "AlterSeqStmt") {
    const restart = listAt(body, "options")
      .map((one) => at(one, "DefElem"))
      .find((one) => textAt(one, "defname") === "restart");
    return restart && isFirst(at(restart, "arg") ?? FIRST) ? textAt(body, "sequence", "relname") : undefined;
  }
  if (kindOf(statement) !== "SelectStmt") return undefined;
  const [call] = nodesOf(statement.tree, "FuncCall").filter(
    (one) => textAt(listAt(one, "funcname").at(-1), "String", "sval") === "setval",
  );
  const [sequence, value] = listAt(call, "args");
  const name =
    textAt(sequence, "A_Const", "sval", "sval") ?? textAt(sequence, "TypeCast", "arg", "A_Const", "sval", "sval");
  return isFirst(at(value, "A_Const", "ival")) ? name?.split(".").at(-1)?.replaceAll('"', "") : undefined;
}

const FIRST = { Integer: { ival: 1 } };

/** True for 0 and 1; the parser leaves out a 0. */
function isFirst(number: unknown): boolean {
  return number !== undefined && Number(at(number, "Integer", "ival") ?? at(number, "ival") ?? 0) <= 1;
}
