import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatOf } from "../../../src/core/formats/formats.ts";
import { LAYOUTS, type Layout } from "../../../src/core/layout/layout.ts";
import { detected, type Files, found, lines, places, sqlOf } from "./support.ts";

/*
 * What every format must pass: the same three migrations, as each tool writes them. The first is undone by a script; the
 * second runs outside a transaction; the third has no down script.
 */

const A = "CREATE TABLE a (id int);";
const DROP_A = "DROP TABLE a;";
const INDEX = "CREATE INDEX CONCURRENTLY i ON a (id);";
const DROP_INDEX = "DROP INDEX CONCURRENTLY i;";
const B = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;";

interface Same {
  readonly files: Files;
  /** What the history calls them. */
  readonly versions: readonly [string, string, string];
  /** False if the tool cannot run a file outside a transaction. */
  readonly isAlone?: boolean;
}

const SAME: Readonly<Record<Layout, Same>> = {
  pgstep: {
    files: {
      "001_a.sql": A,
      "001_a.down.sql": DROP_A,
      "002_i.up.sql": INDEX,
      "002_i.down.sql": DROP_INDEX,
      "010_b.sql": B,
    },
    versions: ["001", "002", "010"],
    isAlone: false,
  },
  "golang-migrate": {
    files: {
      "1_a.up.sql": A,
      "1_a.down.sql": DROP_A,
      "2_i.up.sql": INDEX,
      "2_i.down.sql": DROP_INDEX,
      "10_b.up.sql": B,
    },
    versions: ["1", "2", "10"],
    isAlone: false,
  },
  goose: {
    files: {
      "1_a.sql": `-- +goose Up\n${A}\n-- +goose Down\n${DROP_A}\n`,
      "2_i.sql": `-- +goose NO TRANSACTION\n-- +goose Up\n${INDEX}\n\n-- +goose Down\n${DROP_INDEX}\n`,
      "10_b.sql": `-- +goose Up\n-- +goose StatementBegin\n${B}\n-- +goose StatementEnd\n`,
    },
    versions: ["1", "2", "10"],
  },
  dbmate: {
    files: {
      "20250101000000_a.sql": `-- migrate:up\n${A}\n-- migrate:down\n${DROP_A}\n`,
      "20250102000000_i.sql": `-- migrate:up transaction:false\n${INDEX}\n\n-- migrate:down transaction:false\n${DROP_INDEX}\n`,
      "20250103000000_b.sql": `-- migrate:up\n${B}\n`,
    },
    versions: ["20250101000000", "20250102000000", "20250103000000"],
  },
  flyway: {
    files: {
      "V1__a.sql": A,
      "U1__a.sql": DROP_A,
      "V1.2__i.sql": INDEX,
      "V1.2__i.sql.conf": "executeInTransaction=false\n",
      "U1.2__i.sql": DROP_INDEX,
      "U1.2__i.sql.conf": "executeInTransaction=false\n",
      "V1_10__b.sql": B,
    },
    versions: ["1", "1.2", "1.10"],
  },
  sqlx: {
    files: {
      "1_a.up.sql": A,
      "1_a.down.sql": DROP_A,
      "2_i.up.sql": `-- no-transaction\n${INDEX}`,
      "2_i.down.sql": `-- no-transaction\n${DROP_INDEX}`,
      "10_b.sql": B,
    },
    versions: ["1", "2", "10"],
  },
  prisma: {
    files: {
      "20250101000000_a/migration.sql": A,
      "20250101000000_a/down.sql": DROP_A,
      "20250101000000_i/migration.sql": INDEX,
      "20250101000000_i/down.sql": DROP_INDEX,
      "20250103000000_b/migration.sql": B,
      "migration_lock.toml": 'provider = "postgresql"\n',
    },
    versions: ["20250101000000_a", "20250101000000_i", "20250103000000_b"],
    isAlone: false,
  },
  diesel: {
    files: {
      "00000000000000_a/up.sql": A,
      "00000000000000_a/down.sql": DROP_A,
      "2025-01-02-000000_i/up.sql": INDEX,
      "2025-01-02-000000_i/down.sql": DROP_INDEX,
      "2025-01-02-000000_i/metadata.toml": "run_in_transaction = false\n",
      "2025-01-02-000000-0000_b/up.sql": B,
    },
    versions: ["00000000000000", "20250102000000", "20250102000000-0000"],
  },
};

for (const layout of LAYOUTS) {
  const { files, versions, isAlone = true } = SAME[layout];
  describe(`the format ${layout}`, () => {
    test("is recognised by its files", () => {
      assert.equal(detected(layout === "sqlx" ? { "1_a.sql": `-- no-transaction\n${A}` } : files), layout);
      assert.equal(formatOf(layout).layout, layout);
    });

    test("gives the migrations in order, with their down scripts and transactions", () => {
      const read = found(layout, files);
      const alone = isAlone ? ", up alone, down alone" : "";
      assert.deepEqual(lines(read), [`${versions[0]}, down`, `${versions[1]}, down${alone}`, versions[2]]);
      assert.deepEqual(places(read), []);
      const marked = (sql: string | undefined) => sql?.replace(/^-- no-transaction\n/, "");
      assert.deepEqual(
        read.migrations.map(({ up, down }) => [marked(sqlOf(up, files)), marked(sqlOf(down, files))]),
        [
          [A, DROP_A],
          [INDEX, DROP_INDEX],
          [B, undefined],
        ],
      );
    });

    test("does not depend on the order of the entries", () => {
      const reversed = Object.fromEntries(Object.entries(files).reverse());
      assert.deepEqual(lines(found(layout, reversed)), lines(found(layout, files)));
    });

    test("reads CRLF and a byte order mark", () => {
      const other = Object.fromEntries(
        Object.entries(files).map(([path, text]) => [path, `\ufeff${text.replaceAll("\n", "\r\n")}`]),
      );
      assert.deepEqual(lines(found(layout, other)), lines(found(layout, files)));
      assert.deepEqual(places(found(layout, other)), []);
    });

    test("reads the lines of a part where they are in the file", () => {
      for (const { up, down } of found(layout, files).migrations) {
        for (const script of [up, down]) {
          const text = files[script?.path.replace(/ \(down\)$/, "") ?? ""]?.split("\n");
          for (const [index, line] of (script?.part ?? "").split("\n").entries()) {
            if (line !== "") assert.equal(line, text?.[index]);
          }
        }
      }
    });

    test("reads ten thousand files", () => {
      const [path = "", text = ""] = Object.entries(files).find(([one]) => /^\D*\d+/.test(one)) ?? [];
      const many = Object.fromEntries(
        Array.from({ length: 10_000 }, (_, index) => [path.replace(/\d+/, String(10_000_000_000_000 + index)), text]),
      );
      const read = found(layout, many);
      assert.equal(read.migrations.length, 10_000);
      assert.deepEqual(read.findings, []);
    });
  });
}
