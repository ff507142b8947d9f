import type { CheckRule } from "../check/rule.ts";
import { several, sqlName } from "../check/words.ts";
import { at, bodyOf, type Fields, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { settingChange } from "../statements/set.ts";
import type { TracedStatement } from "../trace/trace.ts";

export const missingSchema: CheckRule = {
  id: "missing-schema",
  group: "style",
  title: "Name without schema",
  why: "The search path decides which schema the name means. It differs between roles, databases and sessions, so the same file may make a table elsewhere, or change another one.",
  recipe: "CREATE TABLE <schema>.<table> (<columns>);  -- or SET LOCAL search_path = <schema>; at the top of the file",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (n int)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW public.v AS SELECT n FROM t" },
      { given: "CREATE TABLE t (n int)", sql: "DROP TABLE t" },
      { given: "CREATE TABLE t (id int PRIMARY KEY)", sql: "CREATE TABLE public.u (t int REFERENCES t)" },
    ],
    good: [
      { sql: "CREATE TABLE public.t (n int); CREATE INDEX t_n ON public.t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "WITH x AS (SELECT n FROM public.t) SELECT n FROM x" },
      { sql: "CREATE TEMPORARY TABLE t (n int); INSERT INTO t VALUES (1); DROP TABLE t" },
      { sql: "CREATE SCHEMA app CREATE TABLE t (n int)" },
      { sql: "SET LOCAL search_path = public; CREATE TABLE t (n int)" },
      { sql: "SELECT relname FROM pg_class" },
    ],
  },
  *find({ statements }) {
    const temporary = new Set<string>();
    for (const statement of statements) {
      const change = settingChange(new TokenCursor(statement.statement));
      if (change?.name === "search_path" && change.value !== undefined) return;
      const names = relationNames(statement);
      for (const name of names)
        if (textAt(name, "relpersistence") === "t") temporary.add(textAt(name, "relname") ?? "");
      const queries = nodesOf(statement.tree, "CommonTableExpr").map((one) => textAt(one, "ctename"));
      const isElsewhere = (name: string) => temporary.has(name) || queries.includes(name) || name.startsWith("pg_");
      const found = names.filter((name) => !at(name, "schemaname") && !isElsewhere(textAt(name, "relname") ?? ""));
      const place = at(found[0], "location");
      const words = [...new Set(found.map((name) => sqlName(textAt(name, "relname") ?? "")))];
      if (words.length === 0) continue;
      yield { statement, message: several(words, "names"), ...(typeof place === "number" && { at: place }) };
    }
  },
};

/** The names of relations in a statement, in its order. CREATE SCHEMA gives its own to those without one. */
function relationNames(statement: TracedStatement): Fields[] {
  const kind = kindOf(statement);
  if (kind === "CreateSchemaStmt") return [];
  return kind === "DropStmt" ? droppedNames(bodyOf(statement)) : [...namesIn(statement.tree)];
}

/** Each node with a relation's name; most of them are bare fields, which have no kind. */
function* namesIn(tree: unknown): Generator<Fields> {
  const waiting = [tree];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    if (textAt(value, "relname") !== undefined) yield value as Fields;
    waiting.push(...Object.values(value).reverse());
  }
}

const RELATIONS = /^OBJECT_(TABLE|VIEW|MATVIEW|INDEX|SEQUENCE|FOREIGN_TABLE)$/;

function droppedNames(body: Fields): Fields[] {
  if (!RELATIONS.test(textAt(body, "removeType") ?? "")) return [];
  return listAt(body, "objects").flatMap((one) => {
    const [relname, schemaname] = listAt(one, "List", "items")
      .map((part) => textAt(part, "String", "sval"))
      .reverse();
    return relname === undefined ? [] : [{ relname, ...(schemaname !== undefined && { schemaname }) }];
  });
}
