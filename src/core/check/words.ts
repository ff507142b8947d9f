import { quoteIdentifier } from "../sql/quote.ts";
import type { Relation, TracedStatement } from "../trace/trace.ts";

/** The kind of a statement's parse tree: "AlterTableStmt"; undefined if the statement was not parsed. */
export function kindOf({ tree }: TracedStatement): string | undefined {
  return tree && Object.keys(tree)[0];
}

/** A relation as SQL names it, without the schema public: "notes", "app.notes". */
export function named({ schema, name }: Pick<Relation, "schema" | "name">): string {
  return schema === "public" ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
