import { type Check, good, problem, sqlName, warning } from "../../core/reports/diagnosis.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ServerFacts, TableFacts } from "./server-facts.ts";

/** Checks the privileges that pgstep and typical migrations need. */
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
      ? good(topic, `${name} does not exist yet, and the role may create it`)
      : problem(
          topic,
          `${name} does not exist, and the role may not create it`,
          `GRANT CREATE ON DATABASE ${sqlName(database)} TO ${sqlName(role)};`,
        );
  }
  if (!mayUseSchema)
    return problem(topic, `the role may not use ${name}`, `GRANT USAGE ON SCHEMA ${name} TO ${sqlName(role)};`);
  if (mayCreateInSchema) return good(topic, `the role may create tables in ${name}`);
  const grant = `GRANT CREATE ON SCHEMA ${name} TO ${sqlName(role)};`;
  const hasHistory = facts.tables.some((table) => quoted(table.name) === history);
  return hasHistory
    ? warning(topic, `the role may not create tables in ${name}: migrations that do will fail`, grant)
    : problem(topic, `the role may not create tables in ${name}, so pgstep cannot create the history`, grant);
}

/** Quotes all parts, as pgstep does: PostgreSQL's format() omits quotes that are not needed. */
function quoted(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^".]+/g) ?? [];
  return parts.map((part) => (part.startsWith('"') ? part : `"${part}"`)).join(".");
}

function tableCheck({ name, owner, lacking, hasRowSecurity, isOwned }: TableFacts, facts: ServerFacts): Check {
  const role = sqlName(facts.role);
  if (lacking.length > 0) {
    return problem(
      "table",
      `the role lacks ${lacking.join(", ")} on ${name}`,
      `GRANT ${lacking.join(", ")} ON ${name} TO ${role};`,
    );
  }
  if (hasRowSecurity && !isOwned && !facts.bypassesRowSecurity) {
    return problem(
      "table",
      `${name} has row-level security, which may hide rows`,
      `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY;`,
    );
  }
  return good("table", `the role may read and write ${name}, owned by ${owner}`);
}

function* ownershipChecks(schema: string, { role, otherOwners }: ServerFacts): Generator<Check> {
  const name = sqlName(schema);
  for (const { owner, tables, isSuperuser } of otherOwners) {
    yield warning(
      "ownership",
      `the role may not alter or drop ${tables === 1 ? "a table" : `${tables} tables`} of ${owner} in ${name}`,
      // Do not advise to grant a superuser.
      isSuperuser ? `Connect as ${owner} for migrations that do so.` : `GRANT ${sqlName(owner)} TO ${sqlName(role)};`,
    );
  }
}
