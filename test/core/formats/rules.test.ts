import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { otherToolOf } from "../../../src/core/formats/recognised.ts";
import type { Layout } from "../../../src/core/layout/layout.ts";
import { detected, type Files, found, lines, listed, places, sqlOf } from "./support.ts";

/*
 * The rules of each tool, from its source code and documentation: what it applies, and what it refuses or ignores. Where
 * a tool would cut a file in a harmful place, pgstep refuses the file.
 */

interface Case {
  readonly about: string;
  readonly files: Files;
  /** As `lines` writes them; checked if given. */
  readonly gives?: readonly string[];
  /** As `places` writes them. Default: none. */
  readonly finds?: readonly string[];
  /** The SQL of the first migration. */
  readonly up?: string;
  readonly down?: string;
  readonly variables?: Files;
}

const UP = "-- +goose Up";
const DOWN = "-- +goose Down";
const MUP = "-- migrate:up";
const MDOWN = "-- migrate:down";

const CASES: Readonly<Partial<Record<Layout, readonly Case[]>>> = {
  "golang-migrate": [
    {
      about: "pairs by version, whatever the names are, and keeps 1 and 01 apart from nothing",
      files: { "1_a.up.sql": "SELECT 1", "01_other.down.sql": "SELECT 2" },
      gives: ["1, down"],
    },
    { about: "a name may be empty", files: { "7_.up.sql": "SELECT 1" }, gives: ["7"] },
    {
      about: "ignores other files",
      files: { "1_a.up.sql": "", "x.sql": "", "README.md": "", "2_b.sql": "" },
      gives: ["1"],
    },
    {
      about: "a version twice",
      files: { "1_a.up.sql": "", "001_b.up.sql": "" },
      finds: ["1_a.up.sql:duplicate-version"],
    },
    { about: "only a down script", files: { "1_a.down.sql": "" }, gives: [], finds: ["1_a.down.sql:down-without-up"] },
    {
      about: "two down scripts",
      files: { "1_a.up.sql": "", "1_a.down.sql": "", "1_b.down.sql": "" },
      finds: ["1_b.down.sql:duplicate-version"],
    },
  ],
  goose: [
    { about: "+goose is in lower case", files: { "1_a.sql": "-- +GOOSE up\nx" }, finds: ["1_a.sql:2:marker"] },
    {
      about: "the words after +goose ignore case",
      files: { "1_a.sql": "-- +goose UP\nSELECT 1;\n-- +goose DOWN\nSELECT 2;" },
      up: "SELECT 1;",
      down: "SELECT 2;",
    },
    { about: "no blank after the dashes", files: { "1_a.sql": "--+goose Up\nSELECT 1;" }, up: "SELECT 1;" },
    { about: "comments before Up", files: { "1_a.sql": `-- a comment\n\n${UP}\nSELECT 1;` }, up: "SELECT 1;" },
    { about: "SQL before Up", files: { "1_a.sql": `SELECT 0;\n${UP}\nSELECT 1;` }, finds: ["1_a.sql:1:marker"] },
    { about: "no Up", files: { "1_a.sql": "SELECT 1;" }, finds: ["1_a.sql:1:marker"] },
    {
      about: "Down before Up",
      files: { "1_a.sql": `${DOWN}\nSELECT 2;\n${UP}\nSELECT 1;` },
      finds: ["1_a.sql:1:marker"],
    },
    { about: "two Ups", files: { "1_a.sql": `${UP}\nSELECT 1;\n${UP}\nSELECT 2;` }, finds: ["1_a.sql:3:marker"] },
    {
      about: "two Downs",
      files: { "1_a.sql": `${UP}\n${DOWN}\nSELECT 1;\n${DOWN}\nSELECT 2;` },
      finds: ["1_a.sql:4:marker"],
    },
    {
      about: "an open StatementBegin",
      files: { "1_a.sql": `${UP}\n-- +goose StatementBegin\nSELECT 1;` },
      finds: ["1_a.sql:2:marker"],
    },
    {
      about: "StatementEnd alone",
      files: { "1_a.sql": `${UP}\nSELECT 1;\n-- +goose StatementEnd` },
      finds: ["1_a.sql:3:marker"],
    },
    {
      about: "blanks before an annotation",
      files: { "1_a.sql": `${UP}\n  -- +goose Down` },
      finds: ["1_a.sql:2:marker"],
    },
    {
      about: "an unknown annotation",
      files: { "1_a.sql": `${UP}\n-- +goose NoTransaction\nSELECT 1;` },
      finds: ["1_a.sql:2:marker"],
    },
    {
      about: "Down in a dollar quote",
      files: { "1_a.sql": `${UP}\nDO $$ BEGIN\n${DOWN}\nEND $$;` },
      finds: ["1_a.sql:3:hidden-marker"],
    },
    { about: "Up in a string", files: { "1_a.sql": `${UP}\nSELECT '\n${UP}\n';` }, finds: ["1_a.sql:3:hidden-marker"] },
    { about: "Up in a comment", files: { "1_a.sql": `/*\n${UP}\n*/` }, finds: ["1_a.sql:2:hidden-marker"] },
    { about: "an empty Up", files: { "1_a.sql": `${UP}\n\n${DOWN}\nSELECT 2;` }, up: "", down: "SELECT 2;" },
    { about: "an empty Down", files: { "1_a.sql": `${UP}\nSELECT 1;\n${DOWN}\n` }, gives: ["1, down"], down: "" },
    {
      about: "versions below 1 and other names are ignored",
      files: { "0_a.sql": UP, "x.sql": UP, "3.sql": UP, "4_b.sql": UP },
      gives: ["4"],
      finds: ["0_a.sql:ignored-file", "x.sql:ignored-file", "3.sql:ignored-file"],
    },
    {
      about: "programs are in their place",
      files: { "1_a.sql": UP, "2_b.go": "package m", "3_c.sql": UP, "3_c_test.go": "", "helper.go": "" },
      gives: ["1", "2, Go", "3"],
    },
    {
      about: "a version in SQL and in Go",
      files: { "2_a.sql": UP, "2_b.go": "" },
      finds: ["2_b.go:duplicate-version"],
    },
    {
      about: "ENVSUB",
      files: {
        "1_a.sql": `${UP}\nSELECT '\${X}';\n-- +goose ENVSUB ON\nSELECT '\${X}', '$X', '\${Y:-b}', '\${Z}', '$$';\n-- +goose ENVSUB OFF\nSELECT '$X';`,
      },
      variables: { X: "a" },
      up: `SELECT '\${X}';\nSELECT 'a', 'a', 'b', '', '$';\nSELECT '$X';`,
    },
    {
      about: "a required variable",
      files: { "1_a.sql": `-- +goose ENVSUB ON\n${UP}\nSELECT '\${X:?needed}';` },
      finds: ["1_a.sql:3:marker"],
    },
  ],
  dbmate: [
    {
      about: "several pairs",
      files: { "1_a.sql": `${MUP}\nSELECT 1;\n${MDOWN}\nSELECT 2;\n${MUP}\nSELECT 3;\n${MDOWN}\nSELECT 4;` },
      up: "SELECT 1;\nSELECT 3;",
      down: "SELECT 2;\nSELECT 4;",
    },
    {
      about: "options of each direction",
      files: { "1_a.sql": `${MUP} transaction:false\n${MDOWN} x:y\n` },
      gives: ["1, down, up alone"],
    },
    { about: "no blank after the dashes", files: { "1_a.sql": "--migrate:up\nSELECT 1;" }, up: "SELECT 1;" },
    { about: "an indented marker is a comment", files: { "1_a.sql": `${MUP}\nSELECT 1;\n  ${MDOWN}\n` }, gives: ["1"] },
    { about: "comments before the first part", files: { "1_a.sql": `-- why\n\n${MUP}\nSELECT 1;` }, up: "SELECT 1;" },
    {
      about: "SQL before the first part",
      files: { "1_a.sql": `-- why\nSELECT 0;\n${MUP}\nSELECT 1;` },
      finds: ["1_a.sql:2:marker"],
    },
    { about: "no up part", files: { "1_a.sql": "SELECT 1;" }, finds: ["1_a.sql:1:marker"] },
    {
      about: "down before up",
      files: { "1_a.sql": `${MDOWN}\nSELECT 2;\n${MUP}\nSELECT 1;` },
      finds: ["1_a.sql:1:marker"],
    },
    {
      about: "two ups",
      files: { "1_a.sql": `${MUP}\nSELECT 1;\n${MUP}\nSELECT 2;\n${MDOWN}` },
      finds: ["1_a.sql:3:marker"],
    },
    { about: "two downs", files: { "1_a.sql": `${MUP}\n${MDOWN}\nSELECT 2;\n${MDOWN}` }, finds: ["1_a.sql:4:marker"] },
    {
      about: "a marker in a dollar quote",
      files: { "1_a.sql": `${MUP}\nDO $x$ BEGIN\n${MDOWN}\nEND $x$;` },
      finds: ["1_a.sql:3:hidden-marker"],
    },
    {
      about: "names without an underscore",
      files: { "20250101create.sql": MUP, "20250102.sql": MUP },
      gives: ["20250101", "20250102"],
    },
    { about: "names without digits are ignored", files: { "1_a.sql": MUP, "seed.sql": "" }, gives: ["1"] },
    {
      about: "10 before 2",
      files: { "1_a.sql": MUP, "2_b.sql": MUP, "10_c.sql": MUP },
      finds: ["10_c.sql:other-order"],
    },
  ],
  flyway: [
    {
      about: "versions of any depth",
      files: {
        "V2__a.sql": "",
        "V1.10__b.sql": "",
        "V1_9_1__c.sql": "",
        "V1.0.1__d.sql": "",
        "V20250101.1200__e.sql": "",
      },
      gives: ["1.0.1", "1.9.1", "1.10", "2", "20250101.1200"],
    },
    {
      about: "1 and 1.0 are the same",
      files: { "V1__a.sql": "", "V1.0__b.sql": "" },
      finds: ["V1__a.sql:duplicate-version"],
    },
    { about: "no description", files: { "V1.sql": "", "V2__.sql": "" }, gives: ["1", "2"] },
    {
      about: "folders at any depth",
      files: { "V1__a.sql": "", "x/V2__b.sql": "", "x/y/z/V3__c.sql": "" },
      gives: ["1", "2", "3"],
    },
    {
      about: "a version in two folders",
      files: { "x/V1__a.sql": "", "y/V1__b.sql": "" },
      finds: ["y/V1__b.sql:duplicate-version"],
    },
    { about: "endings in any case", files: { "V1__a.SQL": "" }, gives: ["1"] },
    {
      about: "other names are ignored",
      files: { "V1__a.sql": "", "v2__b.sql": "", "Users.sql": "", "notes.txt": "" },
      gives: ["1"],
      finds: ["v2__b.sql:ignored-file", "Users.sql:ignored-file"],
    },
    {
      about: "callbacks",
      files: { "V1__a.sql": "", "afterMigrate.sql": "", "beforeEachMigrate__x.sql": "" },
      finds: ["afterMigrate.sql:hook-name", "beforeEachMigrate__x.sql:hook-name"],
    },
    {
      about: "programs",
      files: { "V1__a.sql": "", "V2__b.java": "", "V3__c.kt": "" },
      gives: ["1", "2, Java", "3, Kotlin"],
    },
    { about: "a repeatable program", files: { "R__a.java": "" }, finds: ["R__a.java:not-sql"] },
    {
      about: "an undo without a migration",
      files: { "V1__a.sql": "", "U2__b.sql": "" },
      finds: ["U2__b.sql:down-without-up"],
    },
    {
      about: "a file that does not run",
      files: { "V1__a.sql": "", "V1__a.sql.conf": "shouldExecute=false" },
      gives: [],
    },
    {
      about: "a baseline migration replaces none that exists",
      files: { "V1__a.sql": "", "V2__b.sql": "", "B2__c.sql": "" },
      gives: ["1", "2"],
      finds: ["B2__c.sql:baseline-migration"],
    },
    {
      about: "and is the first one otherwise",
      files: { "B2__c.sql": "", "B1__b.sql": "", "V3__d.sql": "" },
      gives: ["2", "3"],
    },
    {
      about: "another encoding",
      files: { "V1__a.sql": "", "V1__a.sql.conf": "encoding=ISO-8859-1" },
      finds: ["V1__a.sql.conf:not-utf8"],
    },
  ],
  sqlx: [
    {
      about: "the mark must begin the file",
      files: { "1_a.sql": "-- no-transaction", "2_b.sql": "\n-- no-transaction" },
      gives: ["1, up alone", "2"],
    },
    { about: "a name without a number", files: { "1_a.sql": "", "x_b.sql": "" }, finds: ["x_b.sql:bad-name"] },
    {
      about: "files without an underscore are ignored",
      files: { "1_a.sql": "", "schema.sql": "", "1_a.txt": "" },
      gives: ["1"],
    },
    { about: "a version twice", files: { "1_a.sql": "", "1_b.sql": "" }, finds: ["1_b.sql:duplicate-version"] },
  ],
  prisma: [
    {
      about: "the order of the names",
      files: { "20250101000000_b/migration.sql": "", "20250101000000_a/migration.sql": "", "0_init/migration.sql": "" },
      gives: ["0_init", "20250101000000_a", "20250101000000_b"],
    },
    {
      about: "a folder without its file",
      files: { "1_a/migration.sql": "", "2_b/README.md": "" },
      gives: ["1_a"],
      finds: ["2_b:incomplete-migration"],
    },
    {
      about: "another database",
      files: { "1_a/migration.sql": "", "migration_lock.toml": 'provider = "mysql"' },
      finds: ["migration_lock.toml:other-layout"],
    },
  ],
  diesel: [
    {
      about: "metadata without the key turns the transaction off",
      files: {
        "1_a/up.sql": "",
        "1_a/metadata.toml": "# nothing\n",
        "2_b/up.sql": "",
        "2_b/metadata.toml": "run_in_transaction = true # yes",
      },
      gives: ["1, up alone", "2"],
    },
    {
      about: "metadata that is no TOML is ignored",
      files: { "1_a/up.sql": "", "1_a/metadata.toml": "run in transaction false" },
      gives: ["1"],
    },
    {
      about: "a folder without up.sql",
      files: { "1_a/up.sql": "", "2_b/down.sql": "" },
      gives: ["1"],
      finds: ["2_b:incomplete-migration"],
    },
    {
      about: "hidden folders and files are ignored",
      files: { "1_a/up.sql": "", ".x/up.sql": "", "README.md": "" },
      gives: ["1"],
    },
    { about: "10 before 2", files: { "2_a/up.sql": "", "10_b/up.sql": "" }, finds: ["10_b/up.sql:other-order"] },
    {
      about: "the digits of a newer release",
      files: { "2025-11-19-091444-0000_a/up.sql": "", "2026-05-27-120000_b/up.sql": "" },
      gives: ["20251119091444-0000", "20260527120000"],
    },
  ],
};

for (const [layout, cases] of Object.entries(CASES)) {
  describe(`the rules of ${layout}`, () => {
    for (const { about, files, gives, finds = [], up, down, variables } of cases) {
      test(about, () => {
        const read = found(layout as Layout, files, variables);
        assert.deepEqual(places(read), finds);
        if (gives) assert.deepEqual(lines(read), gives);
        const [first] = read.migrations;
        if (up !== undefined) assert.equal(sqlOf(first?.up, files), up);
        if (down !== undefined) assert.equal(sqlOf(first?.down, files), down);
      });
    }
  });
}

test("Flyway's repeatable migrations keep their names and placeholders", () => {
  const { repeatables, migrations } = found("flyway", {
    "R__views.sql": "SELECT 1",
    "x/R__more_views.sql": "",
    "V1__a.sql": "",
  });
  assert.deepEqual(
    repeatables.map(({ name, script }) => [name, script.path, script.header?.placeholders]),
    [
      ["R__views", "R__views.sql", "everywhere"],
      ["R__more_views", "x/R__more_views.sql", "everywhere"],
    ],
  );
  assert.equal(migrations[0]?.up.header?.placeholders, "everywhere");
});

describe("a directory", () => {
  const cases: readonly [about: string, files: Files, layout: string][] = [
    ["of nothing", {}, "none"],
    ["of one plain file", { "001_a.sql": "" }, "pgstep"],
    ["with the endings of pgstep and three digits", { "001_a.up.sql": "", "001_a.down.sql": "" }, "pgstep"],
    ["with both endings in all names", { "000001_a.up.sql": "", "000001_a.down.sql": "" }, "golang-migrate"],
    ["of plain files and directed ones", { "0001_a.sql": "", "0002_b.up.sql": "" }, "pgstep"],
    ["of goose and dbmate", { "1_a.sql": UP, "2_b.sql": MUP }, "goose and dbmate"],
    ["of plain files and goose's", { "1_a.sql": "SELECT 1", "2_b.sql": UP }, "pgstep and goose"],
    ["of Flyway's files and plain ones", { "V1__a.sql": "", "001_a.sql": "" }, "flyway and pgstep"],
    ["of Prisma's folders and plain files", { "1_a/migration.sql": "", "001_a.sql": "" }, "prisma and pgstep"],
    ["of programs for goose", { "00001_a.go": "" }, "goose"],
    ["with a folder that has an up.sql for another use", { "001_a.sql": "", "tools/up.sql": "" }, "pgstep"],
    ["with Flyway's files only in a folder", { "x/V1__a.sql": "" }, "flyway"],
  ];
  for (const [about, files, layout] of cases) test(about, () => assert.equal(detected(files), layout));
});

describe("files that pgstep does not read are those of", () => {
  const cases: readonly [tool: string, files: Files][] = [
    ["drizzle", { "0000_a.sql": "", "meta/_journal.json": "{}" }],
    ["graphile-migrate", { "committed/000001.sql": "--! Previous: -\n--! Hash: sha1:x" }],
    ["sql-migrate", { "x.sql": "-- +migrate Up\nSELECT 1;" }],
    ["tern", { "x.sql": "SELECT 1;\n---- create above / drop below ----\n" }],
    ["Sqitch", { "sqitch.plan": "", "deploy/a.sql": "" }],
    ["Liquibase", { "db.changelog-master.xml": "" }],
    ["Liquibase", { "a.sql": "--liquibase formatted sql" }],
    ["Atlas", { "atlas.sum": "h1:x", "20250101.sql": "" }],
    ["Rails", { "20250101000000_create_users.rb": "class CreateUsers < ActiveRecord::Migration[7.1]" }],
    ["Alembic", { "env.py": "", "versions/1_a.py": "" }],
    ["Django", { "0001_initial.py": "" }],
    ["MikroORM", { "Migration20250101.ts": 'import { Migration } from "@mikro-orm/migrations";' }],
    ["TypeORM", { "1700000000000-Init.ts": "export class Init implements MigrationInterface {" }],
    ["node-pg-migrate", { "1700000000000_init.js": "exports.up = (pgm) => { pgm.createTable(" }],
    ["Sequelize", { "20250101-init.js": "module.exports = { async up(queryInterface, Sequelize) {" }],
    ["Kysely", { "2025_init.ts": "import { Kysely } from 'kysely';\nexport async function up(db: Kysely<any>) {" }],
    ["Knex", { "20250101_init.js": "exports.up = function (knex) {" }],
  ];
  for (const [tool, files] of cases) {
    test(`${tool}: ${Object.keys(files)[0]}`, () =>
      assert.equal(otherToolOf(listed(files), (path) => files[path])?.tool, tool));
  }
  test("nobody", () => {
    const files = { "README.md": "", "notes.txt": "", "a.sql": "SELECT 1" };
    assert.equal(
      otherToolOf(listed(files), (path) => files[path as "a.sql"]),
      undefined,
    );
  });
});
