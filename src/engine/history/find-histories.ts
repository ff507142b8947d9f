import { Failure } from "../../core/failure/failure.ts";
import {
  entriesSql,
  isImportable,
  type OtherEntry,
  type OtherTable,
  plainName,
} from "../../core/import/other-history.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { HISTORY_TABLES, historyOwner, toolOfColumns } from "./history-owner.ts";

type Listed = readonly [schema: string, table: string, columns: readonly string[]];

const LISTED: Shape = ["list of", ["parts", ["text", "text", ["list of", "text"]]]];

/**
 * The tables of other tools in the database.
 * @param named a further table, whose columns decide the tool
 */
export async function findHistories(session: Session, named?: Named): Promise<OtherTable[]> {
  const names = HISTORY_TABLES.map(quoteText).join(", ");
  const also = named ? ` OR ${isNamed(named)}` : "";
  const columns =
    "(SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)";
  const [row] = await session.query(
    readSql(`SELECT COALESCE(json_agg(json_build_array(nspname, relname, ${columns}) ORDER BY nspname, relname), '[]')::text AS row
 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE relkind = 'r' AND (lower(relname::text) IN (${names})${also}) AND nspname NOT IN ('pg_catalog', 'information_schema')
 AND pg_get_userbyid(relowner) !~ '^(supabase|nhost)_admin$' AND has_schema_privilege(n.oid, 'USAGE')`),
  );
  return jsonAnswer<Listed[]>(row?.row, LISTED).flatMap(([schema, table, columns]): OtherTable[] => {
    const isMeant = named !== undefined && table === named.table && (named.schema ?? schema) === schema;
    const owner = historyOwner({ schema, table, columns }) ?? (isMeant ? toolOfColumns(columns) : undefined);
    return owner === undefined || owner === "pgstep" ? [] : [{ tool: owner, schema, table }];
  });
}

interface Named {
  readonly schema: string | undefined;
  readonly table: string;
}

function isNamed({ schema, table }: Named): string {
  const inSchema = schema === undefined ? "" : ` AND nspname = ${quoteText(schema)}`;
  return `(relname = ${quoteText(table)}${inSchema})`;
}

/**
 * The only history of another tool, or the named one.
 * @param from `schema.table` or `table`, as typed
 * @throws Failure history-conflict if there is none, or several; history-foreign if pgstep cannot read it
 */
export async function chooseHistory(session: Session, from: string | undefined, database: string): Promise<OtherTable> {
  const named = from === undefined ? undefined : namedTable(from);
  const all = await findHistories(session, named);
  const found = named
    ? all.filter(({ schema, table }) => table === named.table && (named.schema ?? schema) === schema)
    : all.filter(isImportable);
  const [chosen, second] = found;
  const cannot = `Cannot import into ${database}`;
  if (!chosen) {
    const [other] = all;
    if (other && !named) {
      throw new Failure(
        "history-foreign",
        `${cannot}: ${plainName(other)} is ${other.tool}'s, which pgstep cannot import`,
        {
          hint: "Record the migrations that the database already contains: pgstep baseline <version>.",
        },
      );
    }
    const missing = from === undefined ? "the database has no history of another tool" : `${from} is no such history`;
    throw new Failure("history-conflict", `${cannot}: ${missing}`, {
      hint: "Check the database; if the other tool's table has another name, give it: pgstep import --from <table>",
    });
  }
  if (!second) {
    if (isImportable(chosen)) return chosen;
    throw new Failure(
      "history-foreign",
      `${cannot}: ${plainName(chosen)} is ${chosen.tool}'s, which pgstep cannot import`,
      {
        hint: "Record the migrations that the database already contains: pgstep baseline <version>.",
      },
    );
  }
  throw new Failure("history-conflict", `${cannot}: there are several histories of other tools`, {
    hint: `Name one: ${found.map((one) => `pgstep import --from ${plainName(one)} (${one.tool})`).join(", or ")}.`,
  });
}

function namedTable(from: string): Named {
  const dot = from.indexOf(".");
  return dot === -1 ? { schema: undefined, table: from } : { schema: from.slice(0, dot), table: from.slice(dot + 1) };
}

/** The contents of another tool's history. */
export interface ReadHistory {
  readonly entries: readonly OtherEntry[];
  readonly digest: string;
}

const READ: Shape = {
  entries: [
    "list of",
    { version: "text?", at: "text?", applied: "boolean", problem: "text?", checksum: "text?", about: "text" },
  ],
  digest: "text",
};

export async function readOtherHistory(session: Session, other: OtherTable): Promise<ReadHistory> {
  const [row] = await session.query(readSql(entriesSql(other)));
  return jsonAnswer<ReadHistory>(row?.row, READ);
}
