import { alterCommands, at, bodyOf, type Fields, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { isRewrite } from "../trace/definition-work.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import { isOpaque } from "../trace/row-work.ts";
import type { Relation, Touch, TracedStatement } from "../trace/trace.ts";
import type { CheckRule } from "./rule.ts";
import { namedAll, until } from "./words.ts";

const RECIPES = {
  type: `ALTER TABLE <table> ADD COLUMN <new> <type>;
-- keep it current with a trigger, fill it in batches, then in a later migration:
ALTER TABLE <table> RENAME COLUMN <old> TO <unused>;
ALTER TABLE <table> RENAME COLUMN <new> TO <old>;`,
  default: `ALTER TABLE <table> ADD COLUMN <column> <type>;
ALTER TABLE <table> ALTER COLUMN <column> SET DEFAULT <expression>;
-- in a later migration, in batches:
UPDATE <table> SET <column> = <expression> WHERE <column> IS NULL AND <key> BETWEEN <first> AND <last>;`,
  generated: `ALTER TABLE <table> ADD COLUMN <column> <type>;
-- compute it with a trigger and fill it in batches; on PostgreSQL 18, a virtual column needs neither:
ALTER TABLE <table> ADD COLUMN <column> <type> GENERATED ALWAYS AS (<expression>) VIRTUAL;`,
  serial: `CREATE SEQUENCE <sequence>;
ALTER TABLE <table> ADD COLUMN <column> bigint;
ALTER TABLE <table> ALTER COLUMN <column> SET DEFAULT nextval('<sequence>');
ALTER SEQUENCE <sequence> OWNED BY <table>.<column>;
-- in a later migration, in batches:
UPDATE <table> SET <column> = nextval('<sequence>') WHERE <column> IS NULL AND <key> BETWEEN <first> AND <last>;`,
  storage: `-- No statement does this while others use the table. Stop the clients first, or copy the rows in batches
-- into a new table that has the storage you want, and rename both tables.`,
  vacuum: `VACUUM <table>;  -- makes the space reusable and blocks no query
-- to give the space back to the disk while others use the table: the extension pg_repack`,
} as const;

const SERIALS = new Set(["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"]);

export const rewritesTable: CheckRule = {
  id: "rewrites-table",
  group: "safety",
  title: "Rewrites table",
  dependsOnSize: true,
  why: "PostgreSQL writes every row to a new file. Reads and writes wait until that has ended, and the disk needs room for a second copy of the table.",
  recipe: RECIPES.type,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE bigint" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid()" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN id bigserial" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (n * 2) STORED" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t SET UNLOGGED" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "CLUSTER t USING t_pkey" },
      { given: "CREATE TABLE t (n int)", sql: "VACUUM FULL t" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN ALTER TABLE t ALTER n TYPE bigint; END $$" },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN at timestamptz DEFAULT now()" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL DEFAULT 5" },
      { given: "CREATE TABLE t (v varchar(10))", sql: "ALTER TABLE t ALTER COLUMN v TYPE text" },
      { given: "CREATE TABLE t (n int)", sql: "VACUUM t" },
      { given: "CREATE TABLE t (n int)", sql: "TRUNCATE t" },
      { sql: "CREATE TABLE t (n int); ALTER TABLE t ALTER COLUMN n TYPE bigint" },
    ],
  },
  *find(file) {
    for (const { statement, resolve } of inOrder(file)) {
      // A refresh gives a materialized view another file too: blocks-reads-and-writes finds that.
      const isRefreshed = ({ before }: Touch) => before.kind === "m" && isOpaque(statement);
      const rewrites = statement.touches.filter((touch) => isRewrite(statement, touch) && !isRefreshed(touch));
      const observed = rewrites.map(({ before }) => before);
      const rewritten =
        observed.length > 0 ? observed : rewrittenOutside(statement, [...file.before.values()], resolve);
      if (rewritten.length === 0) continue;
      const message = `rewrites all rows of ${namedAll(rewritten)}; reads and writes wait ${until(file, statement)}`;
      yield { statement, message, recipe: recipeFor(statement) };
    }
  },
};

/** VACUUM FULL, and CLUSTER without a table, run outside a transaction, where nothing is observed. */
function rewrittenOutside(statement: TracedStatement, all: readonly Relation[], resolve: Resolve): Relation[] {
  const body = bodyOf(statement);
  const tables = all.filter(({ kind }) => kind === "r" || kind === "m");
  if (kindOf(statement) === "ClusterStmt" && !at(body, "relation"))
    return tables.filter(({ indexes }) => indexes.length > 0);
  if (kindOf(statement) !== "VacuumStmt" || !listAt(body, "options").some(isFull)) return [];
  const names = listAt(body, "rels");
  if (names.length === 0) return tables;
  return names.flatMap((name) => resolve(at(name, "VacuumRelation", "relation") as RangeVar) ?? []);
}

function isFull(option: unknown): boolean {
  if (textAt(option, "DefElem", "defname") !== "full") return false;
  const value = at(option, "DefElem", "arg");
  const word = textAt(value, "String", "sval");
  const isOff =
    word === "false" || word === "off" || (at(value, "Integer") !== undefined && !at(value, "Integer", "ival"));
  return !isOff;
}

function recipeFor(statement: TracedStatement): string {
  const kind = kindOf(statement);
  if (kind === "VacuumStmt") return RECIPES.vacuum;
  if (kind === "ClusterStmt") return RECIPES.storage;
  const isRetyped = alterCommands(statement).some((one) => textAt(one, "subtype") === "AT_AlterColumnType");
  for (const command of alterCommands(statement)) {
    const subtype = textAt(command, "subtype");
    // A column without a default is no reason to rewrite.
    if (subtype === "AT_AddColumn" && isRetyped && nodesOf(command, "Constraint").length === 0) continue;
    if (subtype === "AT_AddColumn") return RECIPES[columnKind(command)];
    if (subtype === "AT_AddIdentity") return RECIPES.serial;
    if (subtype === "AT_SetExpression") return RECIPES.generated;
    if (subtype === "AT_AlterColumnType") return RECIPES.type;
  }
  return alterCommands(statement).length > 0 ? RECIPES.storage : RECIPES.type;
}

function columnKind(command: Fields): "serial" | "generated" | "default" {
  const types = nodesOf(at(command, "def", "ColumnDef", "typeName", "names"), "String").map((name) => at(name, "sval"));
  if (types.some((type) => SERIALS.has(String(type)))) return "serial";
  const constraints = nodesOf(at(command, "def"), "Constraint").map((one) => textAt(one, "contype"));
  if (constraints.includes("CONSTR_IDENTITY")) return "serial";
  return constraints.includes("CONSTR_GENERATED") ? "generated" : "default";
}
