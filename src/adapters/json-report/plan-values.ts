import { HOOK_MOMENTS } from "../../core/hooks/hook.ts";
import type { Blocked } from "../../core/trace/lock-modes.ts";
import {
  count,
  countOrNull,
  DATABASE,
  list,
  object,
  oneOf,
  ref,
  refOrNull,
  string,
  stringOrNull,
  TEXT,
  yesOrNo,
} from "./kinds.ts";

/** The objects of `plan`, and of the backup that a run would make. */
export const PLAN_VALUES = {
  plannedBackup: object("A backup that a run would make.", {
    database: DATABASE,
    scope: oneOf("All tables, or the tables that a run touches.", ["all", "tables"]),
    tables: list("The tables.", ref("plannedTable")),
    bytes: count("The size of their rows on disk."),
  }),
  plannedTable: object("A table of a planned backup.", {
    name: string("With its schema."),
    bytes: count("The size of its rows on disk."),
  }),
  plannedStep: object("A file that a run would apply.", {
    kind: oneOf("The kind of its file.", ["migration", "repeatable"]),
    version: string("The version; empty for a repeatable migration."),
    name: string("The file's name without its extension."),
    description: string("From the header, else from the file's name."),
    path: string("The file."),
    mode: oneOf("statements: one by one, outside a transaction around the file.", ["transaction", "statements"]),
    statements: list("In order.", ref("plannedStatement")),
    unlisted: count("The number of statements that are not listed: those without an effect, in a long file."),
  }),
  plannedHook: object("A hook that a run would start.", {
    moment: oneOf("When it runs.", HOOK_MOMENTS),
    name: string("The path of the file, or the command."),
  }),
  planFile: object("A file with a plan, which up --plan runs.", {
    path: string("As given by the user."),
    validUntil: string("UTC, ISO 8601."),
  }),
  plannedTrial: object("The database that the statements were tried on.", {
    database: string("It has what the applied migrations make, and no rows of the live database."),
    standIns: list("The stand-ins that took the place of what the embedded database lacks.", ref("standIn")),
    roles: list("The roles that the files name and none of them creates.", TEXT),
  }),
  plannedStatement: object("A statement of a planned file, and what it will do.", {
    place: ref("place", "The start of the statement."),
    statement: string("The first 200 characters as the file has them, on one line."),
    inTransaction: yesOrNo("False for a statement that runs outside any transaction."),
    touches: list("The existing relations that it locks.", ref("plannedTouch")),
    outside: stringOrNull("What it does besides its locks if it runs outside a transaction; null for nothing."),
    work: refOrNull("plannedWork", "Its work on existing rows; null for none."),
    rows: refOrNull("explainedRows", "What EXPLAIN says of its rows; null if the server was not asked, or refused."),
    unknown: stringOrNull("Why its rows are not known: not known before 009_totals; null if they are."),
    destroys: list("The data that it destroys, in words.", TEXT),
    breaks: list("What running clients can no longer do, in words.", TEXT),
  }),
  plannedTouch: object("A relation that a statement locks.", {
    relation: string("As SQL names it, without the schema public."),
    isNew: yesOrNo("An earlier file of the run makes it."),
    lock: string("The strongest lock that its transaction then holds, e.g. ACCESS EXCLUSIVE."),
    blocks: stringOrNull<Blocked>(
      "What it keeps others from until COMMIT: reads and writes, or writes; null for neither.",
    ),
    rewritten: yesOrNo("All rows are rewritten."),
    scanned: yesOrNo("All rows are read."),
    rows: countOrNull("The rows in the database, as the planner estimates; null if unknown."),
    bytes: countOrNull("The size in the database, with indexes; null if unknown."),
  }),
  plannedWork: object("The work of a statement on existing rows, estimated from the sizes in the database.", {
    kind: oneOf("indexes: reads the table and builds an index. changes: writes new versions of rows.", [
      "rewrites",
      "indexes",
      "reads",
      "changes",
    ]),
    relations: list("The relations.", TEXT),
    rows: countOrNull("The rows that are worked on; null if unknown."),
    bytes: countOrNull("The bytes that are read or written; null if unknown."),
    diskBytes: countOrNull("The additional disk space; null if unknown."),
    durationMs: countOrNull("The time in whole milliseconds; null if unknown."),
  }),
  explainedRows: object("What EXPLAIN says of a statement, without running it.", {
    rows: count("The rows that it changes or returns, as the planner estimates."),
    scans: list("The reads of tables: Seq Scan on orders.", TEXT),
  }),
} as const;
