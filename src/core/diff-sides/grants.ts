import { NAME } from "./names.ts";

/** Whose privileges on which object a statement of pg_dump changes. */
export interface Grant {
  /** As SQL. */
  readonly grantee: string;
  /** The object in the words of the model: "table", "future tables". */
  readonly kind: string;
  readonly name: string;
  /** The object that contains the object, or the object itself. */
  readonly within: string;
}

const KINDS: Readonly<Record<string, string>> = {
  TABLE: "table",
  SEQUENCE: "sequence",
  FUNCTION: "function",
  PROCEDURE: "procedure",
  TYPE: "type",
  SCHEMA: "schema",
  LANGUAGE: "language",
  "FOREIGN DATA WRAPPER": "foreign-data wrapper",
  "FOREIGN SERVER": "server",
};

const TARGET = `(?:TO|FROM) (${NAME})(?: WITH GRANT OPTION)?;?`;
const GRANT = new RegExp(
  `^(?:GRANT|REVOKE)(?: GRANT OPTION FOR)? \\w+(?:\\((${NAME})\\))?.*? ON (${Object.keys(KINDS).join("|")}) (.+) ${TARGET}$`,
  "s",
);
const DEFAULTS = new RegExp(
  `^ALTER DEFAULT PRIVILEGES FOR ROLE (${NAME})(?: IN SCHEMA (${NAME}))? (?:GRANT|REVOKE) .*? ON (TABLES|SEQUENCES|FUNCTIONS|TYPES|SCHEMAS|LARGE OBJECTS) ${TARGET}$`,
  "s",
);

const [BY, END] = ["SET SESSION AUTHORIZATION ", "RESET SESSION AUTHORIZATION;"];

/** Statements for privileges that another role than the owner grants. */
export interface ByGrantor {
  /** As SQL. */
  readonly grantor: string;
  /** Without the semicolon at the end. */
  readonly statements: readonly string[];
}

const UNIT = new RegExp(`^SET ROLE (${NAME});\n(.*);\nRESET ROLE;$`, "s");

/** As one text. */
export function byGrantor({ grantor, statements }: ByGrantor): string {
  return [`SET ROLE ${grantor}`, ...statements, "RESET ROLE"].map((sql) => `${sql};`).join("\n");
}

/** Undefined for a text of one statement. */
export function partsByGrantor(text: string): ByGrantor | undefined {
  const [, grantor, statements] = UNIT.exec(text) ?? [];
  return grantor === undefined || statements === undefined
    ? undefined
    : { grantor, statements: statements.split(";\n") };
}

/** pg_dump's statements, with one text for the privileges that another role than the owner has granted. */
export function withGrantors(statements: readonly string[]): string[] {
  const all: string[] = [];
  let parts: { grantor: string; statements: string[] } | undefined;
  for (const sql of statements) {
    if (sql.startsWith(BY)) parts = { grantor: sql.slice(BY.length, -1), statements: [] };
    else if (sql === END && parts) {
      all.push(byGrantor(parts));
      parts = undefined;
    } else if (parts) parts.statements.push(sql.slice(0, -1));
    else all.push(sql);
  }
  return all;
}

/** Those of the first statement of several by one grantor; undefined for a statement of other privileges. */
export function grantOf(text: string): Grant | undefined {
  const statement = partsByGrantor(text)?.statements[0] ?? text;
  const [, of, schema, future, toFuture] = DEFAULTS.exec(statement) ?? [];
  if (of !== undefined && future !== undefined && toFuture !== undefined) {
    const name = `of ${of}${schema === undefined ? "" : ` in schema ${schema}`}`;
    return { grantee: toFuture, kind: `future ${future.toLowerCase()}`, name, within: name };
  }
  const [, column, word = "", object, grantee] = GRANT.exec(statement) ?? [];
  const kind = KINDS[word];
  if (kind === undefined || object === undefined || grantee === undefined) return undefined;
  if (column === undefined) return { grantee, kind, name: object, within: object };
  return { grantee, kind: "column", name: `${object}.${column}`, within: object };
}
