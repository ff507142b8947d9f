import { FOR_CLIENTS } from "../check/recipes.ts";
import { named, sqlName } from "../check/words.ts";
import {
  alterCommands,
  at,
  bodyOf,
  type Fields,
  functionName,
  kindOf,
  listAt,
  nodesOf,
  textAt,
} from "../parse-tree/node.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import type { TracedFile, TracedStatement } from "../trace/trace.ts";
import type { Break } from "./broken-things.ts";

/* Columns whose numbers begin again although rows have them: an INSERT that leaves the column out fails. */

export function* restartedNumbers(file: TracedFile): Iterable<Break> {
  for (const { statement, resolve } of inOrder(file)) {
    const words = sequenceWords(file, statement, resolve);
    const isLeft = words !== undefined && !file.statements.some((one) => empties(one) || setsNumber(one));
    if (isLeft) yield { by: statement, words, recipe: FOR_CLIENTS.restarted };
  }
}

/** A sequence that begins again, or a new one for an old column. */
function sequenceWords(file: TracedFile, statement: TracedStatement, resolve: Resolve): string | undefined {
  const column = renumbered(file, statement, resolve);
  if (column !== undefined) return `the numbers of ${column} begin at 1, so that an INSERT gets one that a row has`;
  const name = restarted(statement);
  if (name === undefined) return undefined;
  const isThing = file.thingsBefore.some((one) => one.kind === "sequence" && one.name === name);
  const isOfTable = [...file.before.values()].some((one) => name.startsWith(`${one.name}_`));
  const words = `${sqlName(name)} begins again, so that an INSERT gets a number that a row has`;
  return isThing || isOfTable ? `the sequence ${words}` : undefined;
}

function empties(statement: TracedStatement): boolean {
  const kind = kindOf(statement);
  return kind === "TruncateStmt" || (kind === "DeleteStmt" && at(bodyOf(statement), "whereClause") === undefined);
}

/** True for a statement that sets a sequence to a number which is not the first. */
function setsNumber({ tree }: TracedStatement): boolean {
  const calls = nodesOf(tree, "FuncCall").filter((one) => functionName(one) === "setval");
  const restarts = nodesOf(tree, "DefElem").filter((one) => textAt(one, "defname") === "restart" && at(one, "arg"));
  return (
    calls.some((one) => !isFirst(at(listAt(one, "args")[1], "A_Const", "ival"))) ||
    restarts.some((one) => !isFirst(at(one, "arg")))
  );
}

/**
 * A column that clients could leave out before the file, and whose numbers begin with the first now: those of an identity,
 * or of a new sequence.
 */
function renumbered(file: TracedFile, statement: TracedStatement, resolve: Resolve): string | undefined {
  const command = alterCommands(statement).find((one) => isRenumbering(file, one));
  const name = textAt(command, "name");
  const table = name === undefined ? undefined : resolve(at(bodyOf(statement), "relation") as RangeVar);
  const isOld = file.before.get(table?.oid ?? 0)?.columns.some((one) => one.name === name && one.filled);
  return table && name !== undefined && isOld ? `${named(table)}.${sqlName(name)}` : undefined;
}

/** True for RESTART and ADD GENERATED AS IDENTITY without a number, and for the default of a sequence that the file makes. */
function isRenumbering(file: TracedFile, command: Fields): boolean {
  const options = nodesOf(at(command, "def"), "DefElem");
  const first = options.find((one) => ["start", "restart"].includes(textAt(one, "defname") ?? ""));
  switch (textAt(command, "subtype")) {
    case "AT_SetIdentity":
      return options.some((one) => textAt(one, "defname") === "restart" && isFirst(at(one, "arg") ?? FIRST));
    case "AT_AddIdentity":
      return isFirst(at(first, "arg") ?? FIRST);
    case "AT_ColumnDefault":
      return nodesOf(at(command, "def"), "FuncCall").some(
        (call) => functionName(call) === "nextval" && isOfNew(file, call),
      );
  }
  return false;
}

/** True for the nextval of a sequence that the file makes, from its first number on. */
function isOfNew(file: TracedFile, call: Fields): boolean {
  const name = sequenceOf(listAt(call, "args")[0]);
  return file.statements.some((one) => {
    const start = listAt(bodyOf(one), "options")
      .map((each) => at(each, "DefElem"))
      .find((each) => textAt(each, "defname") === "start");
    const isNew = kindOf(one) === "CreateSeqStmt" && textAt(bodyOf(one), "sequence", "relname") === name;
    return isNew && isFirst(at(start, "arg") ?? FIRST);
  });
}

/** The name, without schema, of a sequence that is given to a function. */
function sequenceOf(given: unknown): string | undefined {
  const text = textAt(given, "A_Const", "sval", "sval") ?? textAt(given, "TypeCast", "arg", "A_Const", "sval", "sval");
  return text?.split(".").at(-1)?.replaceAll('"', "");
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
  const call = nodesOf(statement.tree, "FuncCall").find((one) => functionName(one) === "setval");
  const [sequence, value] = listAt(call, "args");
  return isFirst(at(value, "A_Const", "ival")) ? sequenceOf(sequence) : undefined;
}

const FIRST = { Integer: { ival: 1 } };

/** True for 0 and 1; the parser leaves out a 0. */
function isFirst(number: unknown): boolean {
  return number !== undefined && Number(at(number, "Integer", "ival") ?? at(number, "ival") ?? 0) <= 1;
}
