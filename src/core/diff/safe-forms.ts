import { plainName, suffixed } from "../diff-sides/names.ts";
import { factsOf, type SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE } from "./action.ts";

/** Statements of one file. */
export interface SafePart {
  readonly up: readonly Action[];
  readonly words: "" | "indexes" | "validation";
  readonly isOutside: boolean;
}

/**
 * The statements in files that lock the tables of the first schema only briefly: constraints are added NOT VALID and
 * validated in a transaction of their own, and indexes are built CONCURRENTLY, also those of UNIQUE constraints. What
 * takes a strong lock comes after everything that reads rows.
 */
export function safeParts(actions: readonly Action[], from: SchemaSide): SafePart[] {
  const main: Action[] = [];
  const indexes: Action[] = [];
  const validation: Action[] = [];
  const last: Action[] = [];
  for (const action of actions) {
    const { safe } = action;
    const index = indexes.find(({ safe: of }) => of && dependsOn(action, of.name));
    if (index) (index.safe?.kind === "unique" ? last : indexes).push(action);
    else if (!safe || !isLarge(safe.table, from, actions)) main.push(action);
    else if (safe.kind === "index") indexes.push(concurrent(action));
    else if (safe.kind === "unique") {
      const { table, name } = safe;
      const columns = action.sql.slice(action.sql.lastIndexOf("("));
      indexes.push({ ...action, sql: `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table} ${columns}` });
      last.push(step(table, `ADD CONSTRAINT ${name} UNIQUE USING INDEX ${name}`));
    } else if (safe.kind === "constraint") {
      main.push({ ...action, sql: `${action.sql} NOT VALID` });
      validation.push(step(safe.table, `VALIDATE CONSTRAINT ${safe.name}`));
    } else {
      const check = suffixed(plainName(safe.name), "_is_set");
      const { table, name } = safe;
      const { sql } = step(table, `ADD CONSTRAINT ${check} CHECK (${name} IS NOT NULL) NOT VALID`);
      main.push({ ...action, sql });
      validation.push(step(table, `VALIDATE CONSTRAINT ${check}`));
      last.push(step(table, `ALTER COLUMN ${name} SET NOT NULL`), step(table, `DROP CONSTRAINT ${check}`));
    }
  }
  const parts: SafePart[] = [
    { up: main, words: "", isOutside: false },
    { up: indexes, words: "indexes", isOutside: true },
    { up: [...validation, ...last], words: "validation", isOutside: false },
  ];
  return parts.filter(({ up }) => up.length > 0);
}

/** True for a table with rows, perhaps: one that the first schema has, and that is not replaced. */
function isLarge(table: string, from: SchemaSide, actions: readonly Action[]): boolean {
  const facts = factsOf(from, "table", table);
  const isPlain = facts !== undefined && facts["partition key"] === undefined;
  return isPlain && !actions.some(({ sql }) => sql === `DROP TABLE ${table}`);
}

function dependsOn({ sql, phase }: Action, index: string): boolean {
  const words = (text: string) => ` ${text.replaceAll(".", " ")} `;
  return (phase === PHASE.marks || phase === PHASE.comment) && words(sql).includes(words(index));
}

function concurrent(action: Action): Action {
  return { ...action, sql: action.sql.replace(/^CREATE (UNIQUE )?INDEX /, "CREATE $1INDEX CONCURRENTLY ") };
}

function step(table: string, sql: string): Action {
  return { sql: `ALTER TABLE ${table} ${sql}`, phase: PHASE.validate, order: 0 };
}
