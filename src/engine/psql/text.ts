import { Lexer, TOKEN } from "../../core/sql/lexer.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { Script } from "../script/load-scripts.ts";
import { type Work, workOf } from "../script/statements-to-run.ts";
import { BEGIN_OWN, COMMIT } from "../session/own-transaction.ts";
import { StringsCheck } from "../step/strings-check.ts";

/* The lines of a script as psql reads them. */

/** The settings of psql that the script relies on. */
export const CLIENT_SETTINGS = [
  "\\set ON_ERROR_STOP on",
  "\\set ON_ERROR_ROLLBACK off",
  "\\set AUTOCOMMIT on",
  "\\set SINGLELINE off",
  "\\set FETCH_COUNT 0",
  "\\set QUIET on",
  "\\encoding UTF8",
  "\\o /dev/null",
];

/** Prints a line. In single quotes psql runs no command and replaces no variable. */
export function echo(text: string): string {
  return `\\echo ${psqlText(text)}`;
}

export function psqlText(text: string): string {
  return `'${inOneLine(text).replace(/[\\']/g, (mark) => (mark === "'" ? "''" : "\\\\"))}'`;
}

export function comment(text: string): string {
  return `-- ${inOneLine(text)}`;
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Bookkeeping in a transaction of its own, without the notices about tables that exist. */
export function inOne(statements: readonly string[]): string[] {
  return [`${BEGIN_OWN};`, `${QUIETLY};`, ...statements.map((sql) => `${sql};`), `${COMMIT};`];
}

/** Hides notices until the end of the transaction. */
export const QUIETLY = "SET LOCAL client_min_messages = warning";

/** The statements of a script, with the checks of how the server reads their strings. @throws as `workOf` */
export function* checkedStatements(script: Script): Generator<Work | string> {
  const strings = new StringsCheck();
  for (const work of workOf(script)) {
    const check = strings.before(work.statement);
    if (check) yield check;
    yield work;
  }
  const last = strings.atEnd();
  if (last) yield last.sql;
}

/** The same as lines. */
export function writtenScript(script: Script): string[] {
  const lines: string[] = [];
  for (const one of checkedStatements(script)) lines.push(...(typeof one === "string" ? [`${one};`] : written(one)));
  return lines;
}

/** A statement, with its rows if it is a COPY; the rows must be read before the next statement. */
export function written({ statement, rows }: Work): string[] {
  if (!rows) return [ended(statement)];
  // Each part is valid only until the next one is requested.
  const text = Buffer.concat(Array.from(rows, (part) => Buffer.from(part))).toString("utf8");
  return [ended(statement), ...(text === "" ? [] : [text.replace(/\r?\n$/, "")]), "\\."];
}

/** psql sends a statement at its semicolon. */
export function ended(statement: Pick<Statement, "text" | "standardConformingStrings">): string {
  const text = withoutVariables(statement);
  return text.trimEnd().endsWith(";") ? text : `${text}\n;`;
}

/** A colon that psql might take for the beginning of a variable: in `a[1:n]`, not in `a::text`. */
const MAY_BE_VARIABLE = /(?<!:):(?=[\w"'{\u0080-\uffff])/;

/** A space after such a colon changes nothing for the server. */
function withoutVariables({ text, standardConformingStrings }: Pick<Statement, "text" | "standardConformingStrings">) {
  if (!MAY_BE_VARIABLE.test(text)) return text;
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  let result = "";
  let end = 0;
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    if (token !== TOKEN.symbol || text[lexer.start] !== ":" || text[lexer.start - 1] === ":") continue;
    if (!MAY_BE_VARIABLE.test(text.slice(lexer.start, lexer.start + 2))) continue;
    result += `${text.slice(end, lexer.end)} `;
    end = lexer.end;
  }
  return result + text.slice(end);
}

/** A text between dollar signs, with a tag that it does not contain. psql replaces no variable in it. */
export function dollarQuoted(text: string): string {
  let tag = "pgstep";
  for (let number = 1; text.includes(`$${tag}`); number++) tag = `pgstep${number}`;
  return `$${tag}$${text}$${tag}$`;
}
