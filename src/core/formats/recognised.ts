import type { ListedEntry } from "../layout/format.ts";

/** A tool whose files pgstep does not read yet. */
export interface OtherTool {
  readonly tool: string;
  /** What its files are. */
  readonly sign: string;
  /** What can be done today. */
  readonly advice: string;
}

/** How to recognise the tool. */
interface Signs extends OtherTool {
  /** Of a file in the directory, or in a folder of it; with a slash, of a file in a folder. */
  readonly file?: RegExp;
  /** Of the text of one of the first files. */
  readonly text?: RegExp;
}

const COPY_SQL = "Copy the SQL of each migration to a file like 001_create_users.sql";
const PRINT_SQL = "Let the tool print its SQL";
const THEN = "then record what the database has already: pgstep baseline <version>.";

/** The most specific first. */
const TOOLS: readonly Signs[] = [
  {
    ...{ tool: "drizzle", sign: "a folder meta with _journal.json" },
    file: /^meta\/_journal\.json$/,
    advice: `The files are SQL: name them <number>_<name>.sql, as drizzle-kit does, ${THEN}`,
  },
  {
    ...{ tool: "graphile-migrate", sign: "a folder committed, or a file current.sql" },
    file: /^(?:committed\/\d{6}(?:-.*)?\.sql|current\.sql)$/,
    text: /^--! (?:Previous|Hash|Message|AllowInvalidHash)/m,
    advice: `Copy the files of committed/ to another directory as 000001_name.sql, without the lines that begin with --!, ${THEN}`,
  },
  {
    ...{ tool: "sql-migrate", sign: 'the line "-- +migrate Up"' },
    text: /^--[ \t]*\+migrate[ \t]+(?:Up|Down)\b/im,
    advice: `Move the part after "-- +migrate Down" to a file that ends in .down.sql, remove the lines with +migrate, ${THEN}`,
  },
  {
    ...{ tool: "tern", sign: 'the line "---- create above / drop below ----"' },
    text: /^----[ \t]*create above[ \t]*\/[ \t]*drop below[ \t]*----/im,
    advice: `Move the part after "---- create above / drop below ----" to a file that ends in .down.sql, remove that line, ${THEN}`,
  },
  {
    ...{ tool: "Sqitch", sign: "a file sqitch.plan, or folders deploy and revert" },
    file: /^(?:sqitch\.plan|sqitch\.conf|deploy\/.*\.sql|revert\/.*\.sql)$/,
    text: /^-- (?:Deploy|Revert|Verify) /m,
    advice: `Copy deploy/<change>.sql to 001_<change>.sql and revert/<change>.sql to 001_<change>.down.sql, in the order of sqitch.plan, ${THEN}`,
  },
  {
    ...{ tool: "Liquibase", sign: "a changelog" },
    file: /^(?:db\.)?changelog|[.-]changelog\.|\/changelog|^changelogs?\//i,
    text: /^--[ \t]*liquibase formatted sql|\bdatabaseChangeLog\b/im,
    advice: `${PRINT_SQL}: liquibase update-sql, for an empty database. Save it as 001_initial.sql, ${THEN}`,
  },
  {
    ...{ tool: "Atlas", sign: "a file atlas.sum" },
    file: /^atlas\.sum$/,
    advice: `The files are SQL: name them <version>_<name>.sql, ${THEN}`,
  },
  {
    ...{ tool: "Rails", sign: "classes of ActiveRecord::Migration" },
    file: /^\d+_\w+\.rb$/,
    advice: `Dump the schema: pg_dump --schema-only, as 001_initial.sql, ${THEN} New migrations are SQL.`,
  },
  {
    ...{ tool: "Alembic", sign: "env.py and a folder versions" },
    file: /^(?:versions\/.*\.py|script\.py\.mako|env\.py)$/,
    text: /^down_revision\b/m,
    advice: `${PRINT_SQL}: alembic upgrade head --sql. Save it as 001_initial.sql, ${THEN}`,
  },
  {
    ...{ tool: "Django", sign: "Python files 0001_initial.py" },
    file: /^\d{4}_\w+\.py$/,
    advice: `${PRINT_SQL}: python manage.py sqlmigrate <app> <migration>. Save it as 001_initial.sql, ${THEN}`,
  },
  {
    ...{ tool: "MikroORM", sign: "classes that extend Migration of @mikro-orm/migrations" },
    text: /@mikro-orm\/migrations/,
    advice: `${PRINT_SQL}: mikro-orm migration:create --dump. ${COPY_SQL}, ${THEN}`,
  },
  {
    ...{ tool: "TypeORM", sign: "classes that implement MigrationInterface" },
    text: /\bMigrationInterface\b/,
    advice: `${COPY_SQL}: it is in the calls of queryRunner.query, ${THEN}`,
  },
  {
    ...{ tool: "node-pg-migrate", sign: "calls of pgm" },
    text: /\bpgm\b|^-- Up Migration\b|node-pg-migrate/im,
    advice: `${PRINT_SQL}: node-pg-migrate up --dry-run. ${COPY_SQL}, ${THEN}`,
  },
  {
    ...{ tool: "Sequelize", sign: "calls of queryInterface" },
    text: /\bqueryInterface\b/,
    advice: `${PRINT_SQL} with the option logging. ${COPY_SQL}, ${THEN}`,
  },
  {
    ...{ tool: "Kysely", sign: "functions with a Kysely instance" },
    text: /\bKysely\b|from ["']kysely["']/,
    advice: `${PRINT_SQL}: compile() of each query gives it. ${COPY_SQL}, ${THEN}`,
  },
  {
    ...{ tool: "Knex", sign: "functions with a parameter knex" },
    text: /\bknex\b/,
    advice: `${PRINT_SQL}: toSQL() of each call gives it. ${COPY_SQL}, ${THEN}`,
  },
];

/** The files whose text is read. */
const READ = /\.(?:sql|[cm]?[jt]s|py|rb|xml|ya?ml|json)$/i;
const MOST_READ = 3;

/** The tool that the directory's files belong to, if it is a known one that pgstep does not read. */
export function otherToolOf(
  entries: readonly ListedEntry[],
  text: (path: string) => string | undefined,
): OtherTool | undefined {
  const files = entries.flatMap(({ name, path, kind, inside = [] }) =>
    kind === "directory" ? inside.map((one) => ({ name: `${name}/${one.name}`, path: one.path })) : [{ name, path }],
  );
  const named = files.filter(({ name }) => !/\.md$/i.test(name));
  const byName = TOOLS.find(({ file }) => file && named.some(({ name }) => file.test(name)));
  if (byName) return byName;
  const read = files
    .filter(({ name }) => READ.test(name))
    .slice(0, MOST_READ)
    .map(({ path }) => text(path) ?? "");
  return TOOLS.find((tool) => tool.text && read.some((one) => tool.text?.test(one)));
}
