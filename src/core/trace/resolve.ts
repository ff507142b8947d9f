import { type Fields, textAt } from "../parse-tree/node.ts";
import type { Relation, TracedFile, TracedStatement } from "./trace.ts";

/* Which relations the names in a file mean. */

/** A name as the parser gives it. */
export type RangeVar = Fields;

/** Finds the relation that a name meant before a statement; undefined for one that its file made. */
export type Resolve = (name: RangeVar | undefined) => Relation | undefined;

/** The statements of a file in order, each with the meaning of names before it. */
export function* inOrder(file: TracedFile): Iterable<{ statement: TracedStatement; resolve: Resolve }> {
  const changed = new Map<number, Relation | undefined>();
  const resolve: Resolve = (name) => {
    const [relname, schema] = [textAt(name, "relname"), textAt(name, "schemaname")];
    let found: Relation | undefined;
    for (const [oid, before] of file.before) {
      const one = changed.has(oid) ? changed.get(oid) : before;
      if (!one || one.name !== relname || (schema ?? one.schema) !== one.schema) continue;
      if (!found || one.schema === "public") found = one;
    }
    return found;
  };
  for (const statement of file.statements) {
    yield { statement, resolve };
    for (const { before, after } of statement.touches) changed.set(before.oid, after);
  }
}
