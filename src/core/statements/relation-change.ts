import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { settingChange } from "./set.ts";

/** A name as written, without quotes: the schema where one is given. */
export interface RelationName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** How a statement changes the existing relations and schemas, or where new ones go; as far as its text shows it. */
export type RelationChange =
  | { readonly action: "create"; readonly relation: RelationName; readonly temporary: boolean }
  /** Its schema is that of the table. */
  | { readonly action: "create-index"; readonly name: string; readonly table: RelationName }
  | { readonly action: "drop"; readonly relations: readonly RelationName[] }
  /** RENAME TO or SET SCHEMA: the member that stays is undefined. */
  | { readonly action: "move"; readonly relation: RelationName; readonly name?: string; readonly schema?: string }
  | { readonly action: "create-schema"; readonly schema: string }
  | { readonly action: "drop-schemas"; readonly schemas: readonly string[] }
  | { readonly action: "rename-schema"; readonly schema: string; readonly name: string }
  /** Undefined for the session's default. */
  | { readonly action: "search-path"; readonly schemas: readonly string[] | undefined };

type Source = Pick<Statement, "text" | "standardConformingStrings">;

const TELLING = /^(?:CREATE|DROP|ALTER|SET|RESET|SELECT)\b/i;

/** The change that a statement makes; undefined for none. Its text begins with its first token. */
export function relationChange(statement: Source): RelationChange | undefined {
  if (!TELLING.test(statement.text)) return undefined;
  const cursor = new TokenCursor(statement);
  if (cursor.accept("CREATE")) return create(cursor);
  if (cursor.accept("DROP")) return drop(cursor);
  if (cursor.accept("ALTER")) return alter(cursor);
  return searchPathChange(cursor, statement);
}

function create(cursor: TokenCursor): RelationChange | undefined {
  if (cursor.accept("SCHEMA")) {
    acceptIfNotExists(cursor);
    cursor.accept("AUTHORIZATION");
    return { action: "create-schema", schema: cursor.takeName() };
  }
  cursor.accept("OR", "REPLACE");
  cursor.acceptOne("GLOBAL", "LOCAL");
  const temporary = cursor.acceptOne("TEMP", "TEMPORARY") !== undefined;
  cursor.acceptOne("UNLOGGED", "UNIQUE", "RECURSIVE");
  if (cursor.accept("INDEX")) return createIndex(cursor);
  if (!acceptRelationKind(cursor)) return undefined;
  acceptIfNotExists(cursor);
  return { action: "create", relation: takeRelation(cursor), temporary };
}

function createIndex(cursor: TokenCursor): RelationChange | undefined {
  cursor.accept("CONCURRENTLY");
  acceptIfNotExists(cursor);
  // The server chooses a free name for an index without one.
  if (cursor.sees("ON")) return undefined;
  const name = cursor.takeName();
  if (!cursor.accept("ON")) return undefined;
  cursor.accept("ONLY");
  return { action: "create-index", name, table: takeRelation(cursor) };
}

function drop(cursor: TokenCursor): RelationChange | undefined {
  if (cursor.accept("SCHEMA")) {
    cursor.accept("IF", "EXISTS");
    return { action: "drop-schemas", schemas: takeList(cursor, () => cursor.takeName()) };
  }
  if (!acceptRelationKind(cursor) && !cursor.accept("INDEX")) return undefined;
  cursor.accept("CONCURRENTLY");
  cursor.accept("IF", "EXISTS");
  return { action: "drop", relations: takeList(cursor, () => takeRelation(cursor)) };
}

function alter(cursor: TokenCursor): RelationChange | undefined {
  if (cursor.accept("SCHEMA")) {
    const schema = cursor.takeName();
    return cursor.accept("RENAME", "TO") ? { action: "rename-schema", schema, name: cursor.takeName() } : undefined;
  }
  if (!acceptRelationKind(cursor) && !cursor.accept("INDEX")) return undefined;
  cursor.accept("IF", "EXISTS");
  cursor.accept("ONLY");
  const relation = takeRelation(cursor);
  cursor.accept("*");
  if (cursor.accept("RENAME", "TO")) return { action: "move", relation, name: cursor.takeName() };
  if (cursor.accept("SET", "SCHEMA")) return { action: "move", relation, schema: cursor.takeName() };
  return undefined;
}

function searchPathChange(cursor: TokenCursor, statement: Source): RelationChange | undefined {
  if (cursor.accept("SET")) {
    cursor.acceptOne("SESSION", "LOCAL");
    if (cursor.accept("SCHEMA")) return { action: "search-path", schemas: [cursor.takeValue()] };
    if (!cursor.accept("SEARCH_PATH") || !cursor.acceptOne("TO", "=")) return undefined;
    if (cursor.accept("DEFAULT")) return { action: "search-path", schemas: undefined };
    const takeSchema = () => (cursor.atString ? cursor.takeValue() : cursor.takeName());
    return { action: "search-path", schemas: takeList(cursor, takeSchema) };
  }
  const change = settingChange(new TokenCursor(statement));
  if (change?.name === "all") return { action: "search-path", schemas: undefined };
  if (change?.name !== "search_path") return undefined;
  return { action: "search-path", schemas: change.value === undefined ? undefined : namesIn(change.value) };
}

/** The names in a list as settings have it: `"$user", public`. */
export function namesIn(list: string): string[] {
  const cursor = new TokenCursor({ text: list, standardConformingStrings: true });
  return cursor.atEnd ? [] : takeList(cursor, () => cursor.takeName());
}

function takeList<Item>(cursor: TokenCursor, take: () => Item): Item[] {
  const items = [take()];
  while (cursor.accept(",")) items.push(take());
  return items;
}

function acceptRelationKind(cursor: TokenCursor): boolean {
  return (
    cursor.acceptOne("TABLE", "VIEW", "SEQUENCE") !== undefined ||
    cursor.accept("MATERIALIZED", "VIEW") ||
    cursor.accept("FOREIGN", "TABLE")
  );
}

function acceptIfNotExists(cursor: TokenCursor): void {
  cursor.accept("IF", "NOT", "EXISTS");
}

/** A qualifier before the schema can only be the name of the database itself. */
function takeRelation(cursor: TokenCursor): RelationName {
  const parts = cursor.takeNameParts();
  return { schema: parts.at(-2), name: parts.at(-1) ?? "" };
}
