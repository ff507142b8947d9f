import type { Fact, Facts, ObjectFacts } from "./schema-object.ts";

/*
 * An object as the SQL that would make it, for people who compare two of them. Its facts are those of the model of a
 * schema; kinds that only few databases have are shown as their facts.
 */

/** @param parts the objects within it; for a table also its columns and constraints */
export function objectSql(object: ObjectFacts, parts: readonly ObjectFacts[] = []): string {
  const isListed = ({ kind }: ObjectFacts) => LISTED.has(kind) && WITH_LIST.has(object.kind);
  const own = statementOf(object, parts.filter(isListed));
  const others = parts.filter((part) => !isListed(part)).map((part) => statementOf(part, []));
  return [own, ...others.sort()].join("\n");
}

/** Parts that the CREATE of a relation lists. */
const LISTED: ReadonlySet<string> = new Set(["column", "constraint"]);
const WITH_LIST: ReadonlySet<string> = new Set(["table", "foreign table", "composite type"]);

function statementOf(object: ObjectFacts, parts: readonly ObjectFacts[]): string {
  return (STATEMENTS[object.kind] ?? factLines)(object, parts);
}

type Statement = (object: ObjectFacts, parts: readonly ObjectFacts[]) => string;

const definition: Statement = ({ facts }) => `${text(facts.definition).trimEnd()};`;

const STATEMENTS: Readonly<Record<string, Statement>> = {
  schema: ({ name }) => `CREATE SCHEMA ${name};`,
  extension: ({ name, facts }) => `CREATE EXTENSION ${name} SCHEMA ${text(facts.schema)};`,
  table: tableSql,
  "foreign table": ({ name, facts }, parts) =>
    `CREATE FOREIGN TABLE ${name} ${listSql(parts)} SERVER ${text(facts.server)}${options(facts.options)};`,
  "composite type": ({ name }, parts) => `CREATE TYPE ${name} AS ${listSql(parts)};`,
  column: (object) => `ALTER TABLE ${outer(object.name)} ADD COLUMN ${columnSql(object)};`,
  constraint: (object) =>
    `ALTER TABLE ${outer(object.name)} ADD ${constraintSql(object)};${marks(object.facts, "definition")}`,
  index: (object) => `${definition(object, [])}${marks(object.facts, "definition")}`,
  trigger: (object) => `${definition(object, [])}${marks(object.facts, "definition")}`,
  rule: (object) => `${definition(object, []).replace(/;;$/, ";")}${marks(object.facts, "definition")}`,
  function: definition,
  procedure: definition,
  "statistics object": (object) => `${definition(object, [])}${marks(object.facts, "definition")}`,
  view: ({ name, facts }) => `CREATE VIEW ${name}${withOptions(facts)} AS\n${text(facts.query)};`,
  "materialized view": ({ name, facts }) =>
    `CREATE MATERIALIZED VIEW ${name}${withOptions(facts)} AS\n${text(facts.query)};`,
  sequence: ({ name, facts }) =>
    `CREATE SEQUENCE ${name} ${sequenceSql(facts.settings)}${facts["owner column"] === undefined ? "" : ` OWNED BY ${text(facts["owner column"])}`};`,
  enum: ({ name, facts }) => `CREATE TYPE ${name} AS ENUM (${items(facts.labels).map(literal).join(", ")});`,
  domain: ({ name, facts }) =>
    `CREATE DOMAIN ${name} AS ${text(facts.type)}${clause("COLLATE", facts.collation)}${clause("DEFAULT", facts.default)}${facts["not null"] ? " NOT NULL" : ""}${items(
      facts.checks,
    )
      .map((check) => ` CONSTRAINT ${check}`)
      .join("")};`,
  policy: policySql,
  comment: ({ name, facts }) => `COMMENT ${commented(name)} IS ${literal(text(facts.text))};`,
  privileges: (object) => privilegesSql(object, "GRANT", "TO"),
  "revoked privileges": (object) => privilegesSql(object, "REVOKE", "FROM"),
};

function tableSql({ name, facts }: ObjectFacts, parts: readonly ObjectFacts[]): string {
  const parents = items(facts.parents).join(", ");
  const isPartition = facts.bound !== undefined;
  const kept = isPartition ? parts.filter(({ facts: of }) => of.inherited !== true) : parts;
  const body = isPartition
    ? ` PARTITION OF ${parents}${kept.length > 0 ? ` ${listSql(kept)}` : ""} ${text(facts.bound)}`
    : ` ${listSql(kept)}${parents === "" ? "" : ` INHERITS (${parents})`}`;
  const kind = facts.persistence === "u" ? "UNLOGGED TABLE" : "TABLE";
  const key = clause("PARTITION BY", facts["partition key"]);
  const rest = marks(facts, "parents", "bound", "partition key", "persistence", "options");
  return `CREATE ${kind} ${name}${body}${key}${withOptions(facts)};${rest}`;
}

function listSql(parts: readonly ObjectFacts[]): string {
  const lines = [
    ...parts.filter(isColumn).map(columnSql),
    ...parts.filter((part) => !isColumn(part)).map(constraintSql),
  ];
  return lines.length === 0 ? "()" : `(\n  ${lines.join(",\n  ")}\n)`;
}

const isColumn = ({ kind }: ObjectFacts) => kind === "column";

const COLUMN_CLAUSES = [
  "type",
  "not null",
  "default",
  "generated",
  "expression",
  "identity",
  "sequence settings",
  "collation",
  "inherited",
];

function columnSql({ name, facts }: ObjectFacts): string {
  const identity =
    facts.identity === undefined
      ? ""
      : ` GENERATED ${text(facts.identity).toUpperCase()} AS IDENTITY (${sequenceSql(facts["sequence settings"])})`;
  const generated =
    facts.expression === undefined
      ? ""
      : ` GENERATED ALWAYS AS (${text(facts.expression)}) ${text(facts.generated).toUpperCase()}`;
  const notNull =
    facts["not null"] === undefined
      ? ""
      : facts["not null"] === "yes"
        ? " NOT NULL"
        : ` NOT NULL /* ${text(facts["not null"])} */`;
  const others = Object.entries(facts).filter(([label]) => !COLUMN_CLAUSES.includes(label));
  const more = others.map(([label, value]) => ` /* ${label}: ${text(value)} */`).join("");
  return `${inner(name)} ${text(facts.type)}${clause("COLLATE", facts.collation)}${clause("DEFAULT", facts.default)}${identity}${generated}${notNull}${more}`;
}

function constraintSql({ name, facts }: ObjectFacts): string {
  return `CONSTRAINT ${inner(name)} ${text(facts.definition)}`;
}

function policySql({ name, facts }: ObjectFacts): string {
  const roles = items(facts.roles).join(", ");
  const check = facts.check === undefined ? "" : ` WITH CHECK (${text(facts.check)})`;
  const using = facts.using === undefined ? "" : ` USING (${text(facts.using)})`;
  const kind = facts.restrictive ? " AS RESTRICTIVE" : "";
  return `CREATE POLICY ${inner(name)} ON ${outer(name)}${kind} FOR ${text(facts.command).toUpperCase()} TO ${roles}${using}${check};`;
}

/** The name is "of <grantee> on <kind> <name>". */
function privilegesSql({ name, facts }: ObjectFacts, verb: string, before: string): string {
  const [, grantee = "", on = ""] = /^of (its owner|"(?:[^"]|"")*"|\S+) on (.*)$/s.exec(name) ?? [];
  return `${verb} ${items(facts.privileges).join(", ")} ON ${on} ${before} ${grantee};`;
}

/** The types of pg_identify_object that COMMENT spells differently. */
function commented(name: string): string {
  return name
    .replace(/^on (?:table|view|materialized view|foreign table|composite type) column /, "on column ")
    .replace(/^on (?:table|domain) constraint /, "on constraint ")
    .replace(/^on ([a-z ]+?) (?=\S*[."(]|\S+$)/, (_, kind: string) => `ON ${kind.toUpperCase()} `);
}

function sequenceSql(settings: Fact | undefined): string {
  if (typeof settings !== "object" || Array.isArray(settings)) return "";
  const { type, start, increment, min, max, cache, cycle } = settings as Facts;
  return `AS ${text(type)} START ${text(start)} INCREMENT ${text(increment)} MINVALUE ${text(min)} MAXVALUE ${text(max)} CACHE ${text(cache)}${cycle ? " CYCLE" : ""}`;
}

/** Facts that no clause shows, as comments. */
function marks(facts: Facts, ...shown: readonly string[]): string {
  return Object.entries(facts)
    .filter(([label]) => !shown.includes(label))
    .map(([label, value]) => `\n-- ${label}: ${text(value)}`)
    .join("");
}

function factLines({ kind, name, facts }: ObjectFacts): string {
  return `-- ${kind} ${name}${marks(facts)}`;
}

function withOptions({ options: given }: Facts): string {
  return given === undefined ? "" : ` WITH (${items(given).join(", ")})`;
}

function options(given: Fact | undefined): string {
  return given === undefined ? "" : ` OPTIONS (${items(given).join(", ")})`;
}

function clause(word: string, value: Fact | undefined): string {
  return value === undefined ? "" : ` ${word} ${text(value)}`;
}

function items(value: Fact | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

function text(value: Fact | undefined): string {
  if (value === undefined) return "";
  return Array.isArray(value)
    ? value.map(text).join(", ")
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
}

/** Not for a server, whose settings may give backslashes another meaning. */
function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The last part of a name: the column of `public.orders.note`. */
function inner(name: string): string {
  if (!name.endsWith('"')) return name.slice(name.lastIndexOf(".") + 1);
  let start = name.lastIndexOf('"', name.length - 2);
  // Two quotes stand for one inside of a name.
  while (start > 0 && name[start - 1] === '"') start = name.lastIndexOf('"', start - 2);
  return name.slice(start);
}

/** The name without its last part. */
function outer(name: string): string {
  return name.slice(0, -inner(name).length - 1);
}
