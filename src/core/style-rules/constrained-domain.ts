import type { CheckRule } from "../check/rule.ts";
import { named } from "../check/words.ts";
import { at, bodyOf, kindOf, listAt, textAt } from "../parse-tree/node.ts";
import type { TracedStatement } from "../trace/trace.ts";

export const constrainedDomain: CheckRule = {
  id: "constrained-domain",
  group: "style",
  title: "Domain with constraint",
  why: "Each change of the constraint concerns all tables with such a column: PostgreSQL reads them one after the other, while writes to all of them wait. A NOT NULL domain still gives NULL in an outer join.",
  recipe: "CREATE TABLE <table> (<column> <type> CONSTRAINT <name> CHECK (<condition>));",
  examples: {
    bad: [
      { sql: "CREATE DOMAIN d AS int CHECK (VALUE > 0)" },
      { sql: "CREATE DOMAIN d AS int NOT NULL" },
      { given: "CREATE DOMAIN d AS int", sql: "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID" },
      { given: "CREATE DOMAIN d AS int", sql: "ALTER DOMAIN d SET NOT NULL" },
    ],
    good: [
      { sql: "CREATE DOMAIN d AS int DEFAULT 0" },
      { given: "CREATE DOMAIN d AS int NOT NULL", sql: "ALTER DOMAIN d DROP NOT NULL" },
      {
        given: "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID",
        sql: "ALTER DOMAIN d VALIDATE CONSTRAINT c",
      },
      { sql: "CREATE TABLE t (n int NOT NULL CONSTRAINT t_n CHECK (n > 0))" },
    ],
  },
  *find({ statements }) {
    for (const statement of statements) {
      const name = constrained(statement);
      if (name) yield { statement, message: named(nameOf(name)) };
    }
  },
};

const SET_NOT_NULL = "O";

/** The parts of the name of the domain that a statement gives a constraint; undefined for none. */
function constrained(statement: TracedStatement): readonly unknown[] | undefined {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "CreateDomainStmt") {
    const types = listAt(body, "constraints").map((one) => textAt(one, "Constraint", "contype"));
    const isConstrained = types.some((type) => type === "CONSTR_CHECK" || type === "CONSTR_NOTNULL");
    return isConstrained ? listAt(body, "domainname") : undefined;
  }
  if (kind !== "AlterDomainStmt") return undefined;
  const isAdded = at(body, "def", "Constraint") !== undefined || textAt(body, "subtype") === SET_NOT_NULL;
  return isAdded ? listAt(body, "typeName") : undefined;
}

function nameOf(parts: readonly unknown[]) {
  const [name = "", schema = "public"] = parts.map((part) => textAt(part, "String", "sval")).reverse();
  return { schema, name };
}
