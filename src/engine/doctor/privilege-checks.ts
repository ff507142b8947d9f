import { type Check, fault, good, sqlName, warning } from "../../core/reports/diagnosis.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ServerFacts, TableFacts } from "./server-facts.ts";

/** Whether the role may do what pgstep does, and what migrations are likely to do. */
export function* privilegeChecks(context: DatabaseContext, _: Session, facts: ServerFacts): Generator<Check> {
  const { settings } = context;
  yield roleCheck(facts);
  yield schemaCheck(settings.schema, tableNames(settings).history, facts);
  for (const table of facts.tables) yield tableCheck(table, facts);
  yield* ownershipChecks(settings.schema, facts);
}

function roleCheck({ role, isSuperuser, mayCreateSchema }: ServerFacts): Check {
  const attributes = [isSuperuser && "a superuser", mayCreateSchema && "may create schemas"].filter(
    (one) => one !== false,
  );
  return good("role", [role, ...attributes].join(", "));
}

function schemaCheck(schema: string, history: string, facts: ServerFacts): Check {
  const { role, database, schemaExists, mayCreateSchema, mayUseSchema, mayCreateInSchema } = facts;
  const topic = "schema";
  const name = sqlName(schema);
  if (!schemaExists) {
    return mayCreateSchema
      ? good(topic, `${name} is not there yet, and may be made`)
      : fault(
          topic,
          `${name} is not there and may not be made`,
          `GRANT CREATE ON DATABASE ${sqlName(database)} TO ${sqlName(role)};`,
        );
  }
  if (!mayUseSchema)
    return fault(topic, `${name} may not be used`, `GRANT USAGE ON SCHEMA ${name} TO ${sqlName(role)};`);
  if (mayCreateInSchema) return good(topic, `tables may be made in ${name}`);
  const grant = `GRANT CREATE ON SCHEMA ${name} TO ${sqlName(role)};`;
  const hasHistory = facts.tables.some((table) => quoted(table.name) === history);
  return hasHistory
    ? warning(topic, `no tables may be made in ${name}: migrations that do will fail there`, grant)
    : fault(topic, `no tables may be made in ${name}, so that the history cannot be`, grant);
}

/** As pgstep itself quotes: PostgreSQL's format() leaves quotes out where they are not needed. */
function quoted(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^".]+/g) ?? [];
  return parts.map((part) => (part.startsWith('"') ? part : `"${part}"`)).join(".");
}

function tableCheck({ name, owner, lacking, hasRowSecurity, isOwned }: TableFacts, facts: ServerFacts): Check {
  const role = sqlName(facts.role);
  if (lacking.length > 0) {
    return fault(
      "table",
      `${name} may not be written (${lacking.join(", ")} is missing)`,
      `GRANT ${lacking.join(", ")} ON ${name} TO ${role};`,
    );
  }
  if (hasRowSecurity && !isOwned && !facts.bypassesRowSecurity) {
    return fault(
      "table",
      `${name} has row-level security, which may hide rows`,
      `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY;`,
    );
  }
  return good("table", `${name} of ${owner} may be read and written`);
}

function* ownershipChecks(schema: string, { role, otherOwners }: ServerFacts): Generator<Check> {
  for (const { owner, tables, isSuperuser } of otherOwners) {
    yield warning(
      "ownership",
      `${tables === 1 ? "a table" : `${tables} tables`} in ${sqlName(schema)} of ${owner} may not be altered or dropped`,
      // Nobody should become a superuser for that.
      isSuperuser ? `Connect as ${owner} for migrations that do.` : `GRANT ${sqlName(owner)} TO ${sqlName(role)};`,
    );
  }
}
