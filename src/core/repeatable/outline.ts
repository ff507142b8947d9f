import { Lexer, TOKEN } from "../sql/lexer.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { settingChange } from "../statements/set.ts";

/** The objects that a file's statements create, and the names that they mention. */
export interface Outline {
  /** Last parts of the names of all created objects, as PostgreSQL folds them. */
  readonly made: ReadonlySet<string>;
  /** The views and materialized views among them, as SQL text, with schemas where the file gives them. */
  readonly views: readonly string[];
  /** Every name in the file, including those in function bodies. */
  readonly mentioned: ReadonlySet<string>;
}

type Source = Pick<Statement, "text" | "standardConformingStrings">;

export function outlineOf(statements: Iterable<Source>): Outline {
  const made = new Set<string>();
  const views: string[] = [];
  const mentioned = new Set<string>();
  let schema: string | undefined;
  for (const statement of statements) {
    mention(statement, mentioned);
    const change = settingChange(new TokenCursor(statement));
    if (change?.name === "search_path" || change?.name === "all") schema = firstSchema(change.value);
    const object = objectMade(new TokenCursor(statement));
    if (!object) continue;
    made.add(object.name.at(-1) ?? "");
    const name = schema !== undefined && object.name.length === 1 ? [schema, ...object.name] : object.name;
    if (object.isView) views.push(name.map(quoteIdentifier).join("."));
  }
  return { made, views, mentioned };
}

/** The schema of a search path where unqualified objects are created; undefined if the text does not show it. */
function firstSchema(path = ""): string | undefined {
  const name = new TokenCursor({ text: path, standardConformingStrings: true }).takeName();
  return name === "" || name === "$user" ? undefined : name;
}

const KINDS = ["VIEW", "FUNCTION", "PROCEDURE", "AGGREGATE", "TYPE", "DOMAIN", "TABLE", "SEQUENCE", "SCHEMA"];

function objectMade(cursor: TokenCursor): { readonly name: readonly string[]; readonly isView: boolean } | undefined {
  if (!cursor.accept("CREATE")) return undefined;
  cursor.accept("OR", "REPLACE");
  while (cursor.acceptOne("TEMP", "TEMPORARY", "RECURSIVE", "MATERIALIZED", "UNLOGGED")) {
    // None of these words changes what follows.
  }
  const kind = cursor.acceptOne(...KINDS);
  if (!kind) return undefined;
  cursor.accept("IF", "NOT", "EXISTS");
  const name = [cursor.takeName()];
  while (cursor.accept(".")) name.push(cursor.takeName());
  return { name, isView: kind === "VIEW" };
}

function mention({ text, standardConformingStrings }: Source, names: Set<string>): void {
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    const taken = text.slice(lexer.start, lexer.end);
    if (token === TOKEN.word) names.add(taken.toLowerCase());
    if (token === TOKEN.quotedIdentifier) names.add(taken.slice(taken.indexOf('"') + 1, -1).replaceAll('""', '"'));
    if (token === TOKEN.dollarString) {
      const tag = taken.indexOf("$", 1) + 1;
      mention({ text: taken.slice(tag, -tag), standardConformingStrings }, names);
    }
  }
}
