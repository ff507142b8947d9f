import { at, bodyOf, functionName, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { LOCK_MODES, type LockMode, lockWords } from "./lock-modes.ts";
import type { RangeVar, Resolve } from "./resolve.ts";
import type { Column, Relation, TracedFile, TracedStatement } from "./trace.ts";

/*
 * What the bodies of DO blocks and functions do, by their text: PostgreSQL's parser leaves them as strings, and on an empty
 * database a loop over rows does not reach its body.
 */

/** Each rule asks for the same functions. */
const FUNCTIONS = new WeakMap<TracedFile, ReadonlyMap<string, string>>();

/** The bodies of the functions that a file defines, by their names without schema. */
function functionsOf(file: TracedFile): ReadonlyMap<string, string> {
  const known = FUNCTIONS.get(file);
  if (known) return known;
  const definitions = file.statements.filter((one) => kindOf(one) === "CreateFunctionStmt");
  const bodies = new Map(
    definitions.map((one) => [functionName(bodyOf(one)), listAt(bodyOf(one), "options").map(sourceOf).join("")]),
  );
  FUNCTIONS.set(file, bodies);
  return bodies;
}

/** The source of a function that a statement runs or gives to a trigger; empty if it is not known. */
export function functionSource(file: TracedFile, { sources }: TracedStatement, name: string): string {
  return sources?.get(name) ?? functionsOf(file).get(name) ?? "";
}

/** The text of a DO block or a function, from the option that has it. */
function sourceOf(option: unknown): string {
  if (textAt(option, "DefElem", "defname") !== "as") return "";
  const text = at(option, "DefElem", "arg");
  return textAt(text, "String", "sval") ?? textAt(listAt(text, "List", "items")[0], "String", "sval") ?? "";
}

/**
 * The texts of the statements that a DO block runs, or a called function of the project, cut at their semicolons and
 * without comments; none for any other statement.
 */
export function bodyTexts(file: TracedFile, statement: TracedStatement): string[] {
  const body = bodyOf(statement);
  const kind = kindOf(statement);
  const run = [...(statement.sources?.values() ?? [])].flatMap(parts);
  if (kind === "DoStmt") return [...listAt(body, "args").flatMap((option) => parts(sourceOf(option))), ...run];
  if (kind !== "SelectStmt" && kind !== "CallStmt") return [];
  if (run.length > 0) return run;
  const calls = kind === "CallStmt" ? [body.funccall] : nodesOf(body, "FuncCall");
  return calls.flatMap((call) => {
    return parts(functionsOf(file).get(functionName(call)) ?? "");
  });
}

function parts(text: string): string[] {
  if (text === "") return [];
  const [first = "", ...others] = text.split("/*");
  const code = [first, ...others.map((part) => part.split("*/").slice(1).join("*/"))].join(" ");
  const statements = code.replace(/--[^\n]*/g, "").match(STATEMENT) ?? [];
  const hasDynamic = statements.some((one) => DYNAMIC.test(one));
  // The text of a string runs only if EXECUTE runs it.
  return statements.map((one) =>
    DYNAMIC.test(one) || (hasDynamic && one.includes(":=")) ? one : one.replace(LITERAL, "''"),
  );
}

const STATEMENT = /(?:[^';]|'[^']*')+/g;
const LITERAL = /'[^']*'/g;
const DYNAMIC = /\bexecute\b/i;

/** True if each word occurs, after the one before it; one expression for all would backtrack over a long text. */
export function hasInOrder(text: string, ...words: readonly RegExp[]): boolean {
  let rest = text;
  return words.every((word) => {
    const at = rest.search(word);
    rest = rest.slice(at + 1);
    return at >= 0;
  });
}

/** True for a text whose WHERE leaves no row out, or only those that a backfill has reached. */
export function isOfAllRows(text: string): boolean {
  return !/\bwhere\b(?!\s+(?:true|1\s*=\s*1|[\w."]+\s+is\s+null)\s*$)/i.test(text);
}

/** The existing relation that a text names after some words: UPDATE, FROM. */
function namedAfter(text: string, words: RegExp, resolve: Resolve): Relation | undefined {
  const start = text.search(words);
  const [, schemaname, relname] =
    /^\w+\s+(?:only\s+)?(?:"?(\w+)"?\.)?"?(\w+)/i.exec(start === -1 ? "" : text.slice(start)) ?? [];
  return relname === undefined ? undefined : resolve({ relname, ...(schemaname !== undefined && { schemaname }) });
}

function isUpdate(text: string): boolean {
  return hasInOrder(text, /\bupdate\b/i, /\bset\b/i);
}

/** The existing relations all of whose rows a body may lock, in one statement or in a loop that never commits. */
export function rowsLockedInBody(file: TracedFile, statement: TracedStatement, resolve: Resolve): Relation[] {
  const texts = bodyTexts(file, statement);
  const whole = texts.flatMap((text) => {
    if (/\bfor\s+(?:no\s+key\s+)?(?:update|share)\b/i.test(text)) return lockedRows(text, resolve) ?? [];
    if (/\bdelete\s+from\b/i.test(text)) return deletedRows(text, resolve) ?? [];
    if (!isUpdate(text) || !isOfAllRows(text)) return [];
    const isDynamic = /\bexecute\b/i.test(text);
    return namedAfter(text, /\bupdate\b/i, resolve) ?? (isDynamic ? changedBy(statement) : undefined) ?? [];
  });
  return transactionEnds(texts).includes("COMMIT") ? whole : [...whole, ...updatedInLoops(texts, resolve)];
}

/** The first statement of a DO block or a called procedure that ends its transaction; undefined for none. */
export function transactionEndIn(file: TracedFile, statement: TracedStatement): TransactionEnd | undefined {
  if (!["DoStmt", "CallStmt"].includes(kindOf(statement) ?? "")) return undefined;
  const texts = bodyTexts(file, statement);
  // The text between dollars may be the body of another function.
  return texts.some((text) => /\$\w*\$/.test(text)) ? undefined : transactionEnds(texts)[0];
}

type TransactionEnd = "COMMIT" | "ROLLBACK";

function transactionEnds(texts: readonly string[]): TransactionEnd[] {
  return texts.flatMap((text) => {
    const [, word] = END.exec(text) ?? [];
    if (word === undefined) return [];
    return /^c/i.test(word) ? ["COMMIT"] : ["ROLLBACK"];
  });
}

const END = /(?:^|\b(?:begin|then|else|loop)\b)\s*(commit|rollback)(?:\s+and\s+(?:no\s+)?chain)?\s*$/i;

/** A relation that the server was seen to change: a text that is put together does not name it. */
function changedBy({ touches }: TracedStatement): Relation | undefined {
  return touches.find(({ before, lock }) => before.kind !== "v" && lock !== "AccessShare")?.before;
}

/** The relation of a SELECT ... FOR UPDATE that nothing bounds, also if it begins a loop. */
function lockedRows(text: string, resolve: Resolve): Relation | undefined {
  const query = text.slice(0, text.search(/\bfor\s+(?:no\s+key\s+)?(?:update|share)\b/i));
  return isOfAllRows(query) && !/\blimit\b/i.test(query) ? namedAfter(query, /\bfrom\b/i, resolve) : undefined;
}

/** The relation of a DELETE of all rows, or of those before or after a time. */
function deletedRows(text: string, resolve: Resolve): Relation | undefined {
  const relation = namedAfter(text, /\bfrom\b/i, resolve);
  if (isOfAllRows(text)) return relation;
  const condition = text.slice(text.search(/\bwhere\b/i));
  const [, name] = /^where\s+(?:"?\w+"?\.)?"?(\w+)"?\s*[<>]/i.exec(condition) ?? [];
  const isAlone = !/\b(?:and|or|select|limit)\b/i.test(condition);
  return isAlone && relation?.columns.some((one) => one.name === name && isTime(one)) ? relation : undefined;
}

/** True for a column of dates or times. */
export function isTime({ valueType }: Column): boolean {
  return /^(?:date|timestamp)\b/.test(valueType);
}

/** A loop runs for each row of a relation, or for ranges or batches of rows. */
type Loop = "rows" | "batches" | undefined;

function updatedInLoops(texts: readonly string[], resolve: Resolve): Relation[] {
  const loops: Loop[] = [];
  return texts.flatMap((text) => {
    if (/^\s*end\s+loop\b/i.test(text)) {
      loops.pop();
      return [];
    }
    const pieces = text.split(/\bloop\b/i);
    const rest = pieces.pop() ?? "";
    loops.push(...pieces.map((header) => loopOf(header, resolve)));
    if (!isUpdate(rest) || !loops.some((loop) => loop === "rows" || (loop === "batches" && isBatch(rest)))) return [];
    return namedAfter(rest, /\bupdate\b/i, resolve) ?? [];
  });
}

/** The existing relation all of whose rows a body reads: a loop runs for each of them, or an aggregate needs them. */
export function rowsReadInBody(file: TracedFile, statement: TracedStatement, resolve: Resolve): Relation | undefined {
  for (const text of bodyTexts(file, statement)) {
    const [header = "", body] = text.split(/\bloop\b/i);
    const isLoop = body !== undefined && loopOf(header, resolve) === "rows";
    if (!isLoop && !(AGGREGATE.test(text) && isOfAllRows(text))) continue;
    const query = isLoop ? header.slice(header.search(/\bin[\s(]*select\b/i)) : text.slice(text.search(AGGREGATE));
    const relation = namedAfter(query, /\bfrom\b/i, resolve);
    if (relation) return relation;
  }
  return undefined;
}

/** Functions that need each row; the least and the greatest value may come from an index. */
const AGGREGATE = /\b(?:count|sum|avg|array_agg|string_agg|jsonb?_agg)\s*\(/i;

/** True if an UPDATE changes a number or a range of rows. */
function isBatch(text: string): boolean {
  const condition = text.slice(text.search(/\bwhere\b/i)).replaceAll("<>", "");
  return /\blimit\b|\bbetween\b/i.test(condition) || (condition.includes("<") && condition.includes(">"));
}

/** @param header the text before LOOP */
function loopOf(header: string, resolve: Resolve): Loop {
  if (/\bforeach\b/i.test(header)) return undefined;
  const query = header.slice(header.search(/\bin[\s(]*select\b/i));
  if (!hasInOrder(header, /\bfor\b/i, /\bin[\s(]*select\b/i)) return "batches";
  const isWhole = isOfAllRows(query) && !/\blimit\b/i.test(query);
  return isWhole && namedAfter(query, /\bfrom\b/i, resolve) ? "rows" : undefined;
}

/** The existing relations that a LOCK locks in one of these modes, also in a body. */
export function lockedTables(
  file: TracedFile,
  statement: TracedStatement,
  resolve: Resolve,
  isWanted: (mode: LockMode) => boolean,
): Relation[] {
  if (kindOf(statement) !== "LockStmt") {
    return locksInBody(file, statement).flatMap(({ relation, mode }) => (isWanted(mode) ? relation : []));
  }
  // Trees number the modes from 1.
  const mode = LOCK_MODES[Number(bodyOf(statement).mode) - 1];
  if (!mode || !isWanted(mode)) return [];
  return listAt(bodyOf(statement), "relations").flatMap((name) => resolve(at(name, "RangeVar") as RangeVar) ?? []);
}

/** The relations that a LOCK in a body locks, with its mode. */
function locksInBody(file: TracedFile, statement: TracedStatement): { relation: Relation; mode: LockMode }[] {
  return bodyTexts(file, statement).flatMap((text) => {
    const start = text.search(/\block\s+(?:table\s+)?(?:only\s+)?["\w]/i);
    if (start === -1) return [];
    const words = text.slice(start).replace(/\s+/g, " ");
    const mode = LOCK_MODES.find((one) => words.toUpperCase().includes(` IN ${lockWords(one)} MODE`));
    const names = new Set(words.toLowerCase().split(/[^\w$]+/));
    const touched = statement.touches.filter(({ before }) => names.has(before.name.toLowerCase()));
    return touched.map(({ before }) => ({ relation: before, mode: mode ?? "AccessExclusive" }));
  });
}
