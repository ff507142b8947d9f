import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";

/** The tables and schemas whose data a statement destroys. */
export interface Destruction {
  /** The kind of statement, in SQL's words: "DROP TABLE". */
  readonly kind: string;
  /** The tables it names; empty if any table can be affected. */
  readonly tables: readonly TableName[];
  /** The schemas that it empties. */
  readonly schemas: readonly string[];
  /** True if it also affects tables that refer to those by foreign keys. */
  readonly cascades: boolean;
}

/** As the statement spells it, folded as PostgreSQL does. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

type Source = Pick<Statement, "text" | "standardConformingStrings">;

/** A quick check that a statement destroys nothing; its text begins with its first token. */
const MAY_DESTROY = /^(?:DROP|TRUNCATE|DELETE|UPDATE|MERGE|WITH|ALTER\b[\s\S]*\b(?:DROP|TYPE))\b/i;

/**
 * The data that a statement destroys, as far as its text shows it; undefined for none. Covers DROP TABLE, DROP SCHEMA,
 * DROP OWNED; DROP EXTENSION, DROP TYPE and DROP DOMAIN with CASCADE; TRUNCATE; DELETE; MERGE with DELETE; UPDATE
 * without WHERE; ALTER TABLE with DROP COLUMN or ALTER COLUMN TYPE; ALTER TYPE with DROP ATTRIBUTE. Does not see inside
 * functions and DO blocks.
 */
export function destruction(statement: Source): Destruction | undefined {
  if (!MAY_DESTROY.test(statement.text)) return undefined;
  const cursor = new TokenCursor(statement);
  if (cursor.accept("DROP")) return drop(cursor);
  if (cursor.accept("TRUNCATE")) return truncate(cursor);
  if (cursor.accept("ALTER")) return alter(cursor);
  return change(cursor);
}

const ANY_TABLE = { tables: [], schemas: [], cascades: true };

function drop(cursor: TokenCursor): Destruction | undefined {
  const object = cursor.acceptOne("TABLE", "SCHEMA", "OWNED", "TYPE", "DOMAIN", "EXTENSION");
  if (!object) return undefined;
  const kind = `DROP ${object}`;
  if (object === "OWNED") return { kind, ...ANY_TABLE };
  cursor.accept("IF", "EXISTS");
  const names = tableNames(cursor);
  const cascade = cursor.sees("CASCADE");
  if (object === "TABLE") return { kind, tables: names, schemas: [], cascades: false };
  // A table of another schema can have a column of a type of this one.
  if (object === "SCHEMA") return { kind, tables: [], schemas: names.map(({ name }) => name), cascades: false };
  return cascade ? { kind: `${kind} CASCADE`, ...ANY_TABLE } : undefined;
}

function truncate(cursor: TokenCursor): Destruction {
  cursor.accept("TABLE");
  const tables = tableNames(cursor);
  let cascades = false;
  for (; !cursor.atEnd; cursor.skip()) cascades ||= cursor.sees("CASCADE");
  return { kind: "TRUNCATE", tables, schemas: [], cascades };
}

function alter(cursor: TokenCursor): Destruction | undefined {
  const isType = cursor.accept("TYPE");
  if (!isType && !cursor.accept("TABLE")) return undefined;
  cursor.accept("IF", "EXISTS");
  cursor.accept("ONLY");
  const table = takeTable(cursor);
  cursor.accept("*");
  while (!cursor.atEnd) {
    if (isType && cursor.sees("DROP", "ATTRIBUTE")) return { kind: "ALTER TYPE ... DROP ATTRIBUTE", ...ANY_TABLE };
    const kind = isType ? undefined : lossyAction(cursor);
    if (kind) return { kind: `ALTER TABLE ... ${kind}`, tables: [table], schemas: [], cascades: false };
    while (!cursor.atEnd && !cursor.accept(",")) {
      if (cursor.sees("(")) cursor.skipParentheses();
      else cursor.skip();
    }
  }
  return undefined;
}

/** The destructive part of one action of an ALTER TABLE, if any. */
function lossyAction(cursor: TokenCursor): string | undefined {
  if (cursor.accept("DROP")) return cursor.sees("CONSTRAINT") ? undefined : "DROP COLUMN";
  if (!cursor.accept("ALTER") || cursor.sees("CONSTRAINT")) return undefined;
  cursor.accept("COLUMN");
  cursor.skipName();
  return cursor.sees("TYPE") || cursor.sees("SET", "DATA", "TYPE") ? "ALTER COLUMN TYPE" : undefined;
}

/** DELETE, UPDATE and MERGE, at the start or within WITH. */
function change(cursor: TokenCursor): Destruction | undefined {
  const tables: TableName[] = [];
  let kind: string | undefined;
  while (!cursor.atEnd) {
    if (cursor.accept("DELETE", "FROM")) {
      kind = "DELETE";
      cursor.accept("ONLY");
      tables.push(takeTable(cursor));
    } else if (cursor.sees("UPDATE") && !cursor.sees("UPDATE", "SET")) {
      cursor.skip();
      cursor.accept("ONLY");
      const table = takeTable(cursor);
      // FOR UPDATE has no SET, so it is not an UPDATE.
      if (!updatesAll(cursor)) continue;
      kind ??= "UPDATE without WHERE";
      tables.push(table);
    } else if (cursor.accept("MERGE", "INTO")) {
      cursor.accept("ONLY");
      const table = takeTable(cursor);
      let deletes = false;
      for (; !cursor.atEnd; cursor.skip()) deletes ||= cursor.sees("THEN", "DELETE");
      if (!deletes) continue;
      kind = "MERGE with DELETE";
      tables.push(table);
    } else cursor.skip();
  }
  return kind === undefined ? undefined : { kind, tables, schemas: [], cascades: false };
}

/** True if an UPDATE, read from after its table, has a SET and no WHERE of its own; stops at the end of the UPDATE. */
function updatesAll(cursor: TokenCursor): boolean {
  let sets = false;
  while (!cursor.atEnd && !cursor.sees(")")) {
    if (cursor.sees("(")) {
      cursor.skipParentheses();
      continue;
    }
    if (cursor.sees("WHERE")) return false;
    sets ||= cursor.sees("SET");
    cursor.skip();
  }
  return sets;
}

function tableNames(cursor: TokenCursor): TableName[] {
  const names: TableName[] = [];
  do {
    cursor.accept("ONLY");
    names.push(takeTable(cursor));
    cursor.accept("*");
  } while (cursor.accept(","));
  return names;
}

function takeTable(cursor: TokenCursor): TableName {
  const parts = [cursor.takeName()];
  while (cursor.accept(".")) parts.push(cursor.takeName());
  return { schema: parts.at(-2), name: parts.at(-1) ?? "" };
}
