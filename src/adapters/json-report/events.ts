import {
  count,
  countOrNull,
  DATABASE,
  line,
  list,
  MILLISECONDS,
  oneOf,
  ref,
  refOrNull,
  string,
  stringOrNull,
  yesOrNo,
} from "./kinds.ts";
import { BLOCKERS, HOOK_REPORT, OUTCOME, REPEATABLE_REPORT } from "./values.ts";

/* Events while a command runs. */

export const EVENTS = {
  planned: line("planned", "The steps that are about to run, or would run without --dry-run.", {
    database: DATABASE,
    dryRun: yesOrNo("Nothing will be written."),
    steps: list("In the order in which they run.", ref("step")),
  }),
  stepStarted: line("step-started", "A migration begins.", {
    step: ref("step"),
    statements: count("The number of its statements."),
  }),
  statementFinished: line(
    "statement-finished",
    "A statement is done. Only with --verbose, and in the file of --log-file.",
    {
      step: ref("step"),
      statement: count("Its number, from 1.", 1),
      statements: count("The number of statements in the migration."),
      command: string("The command tag without its count, e.g. CREATE TABLE."),
      rowCount: countOrNull("The rows that it changed or returned, if the server reports them."),
      place: refOrNull("place", "The start of the statement in its file."),
      durationMs: countOrNull("Whole milliseconds."),
    },
  ),
  stepFinished: line("step-finished", "A migration is committed, or has failed.", {
    step: ref("step"),
    outcome: OUTCOME,
    durationMs: MILLISECONDS,
  }),
  notice: line("notice", "A message from the server (RAISE NOTICE, WARNING ...).", {
    migration: stringOrNull("The migration's name; null if it belongs to none."),
    place: refOrNull("place", "The statement that caused it."),
    server: ref("serverMessage"),
  }),
  warning: line("warning", "A warning, which does not stop the command.", { finding: ref("finding") }),
  repeatableFinished: line(
    "repeatable-finished",
    "The outcome of a repeatable migration, once all of them are committed or rolled back.",
    REPEATABLE_REPORT,
  ),
  hookFinished: line("hook-finished", "A hook has run.", HOOK_REPORT),
  hookOutput: line("hook-output", "A line of output from a hook's command.", {
    hook: string("The command."),
    line: string("Without its line end."),
  }),
  lockWaiting: line("lock-waiting", "Another run holds the lock.", {
    holder: refOrNull(["sessionHolder", "leaseHolder"], "The holder, if it is known."),
    activity: refOrNull("runActivity", "The work of the holder's server process, if that is known."),
    waitedMs: count("The time so far, in whole milliseconds."),
  }),
  retrying: line("retrying", "A migration waited too long for a lock and was rolled back; pgstep retries it.", {
    step: ref("step"),
    attempt: count("The number of the next attempt."),
    delayMs: count("The delay before it, in whole milliseconds."),
    server: ref("serverMessage", "The reason."),
    ...BLOCKERS,
  }),
  blocked: line("blocked", "Other sessions hold up the run. Printed again when they change.", BLOCKERS),
  statementProgress: line("statement-progress", "The server's progress with a statement. Printed when it changes.", {
    progress: refOrNull("serverProgress", "Null when the server reports none any more."),
  }),
  explained: line("explained", "The values that doctor connects with.", {
    values: list("Each value, with its origin.", ref("connectionValue")),
  }),
  checked: line("checked", "The result of one of doctor's checks.", {
    topic: string("The subject of the check."),
    state: oneOf("A warning does not stop a run; an error does.", ["good", "warning", "error"]),
    message: string("The result in words."),
    hint: stringOrNull("How to fix it: a command, or a sentence."),
  }),
  databaseWaiting: line("database-waiting", "The database does not accept connections yet.", {
    database: DATABASE,
    reason: string("Why it does not."),
    waitedMs: count("The time so far, in whole milliseconds."),
    limitMs: count("The longest that pgstep waits, in whole milliseconds."),
  }),
  databaseCreated: line("database-created", "The server did not have the database, so pgstep created it.", {
    database: DATABASE,
  }),
  databaseReady: line("database-ready", "The database now accepts connections.", {
    database: DATABASE,
    waitedMs: MILLISECONDS,
  }),
  backupProgress: line("backup-progress", "The rows of a table are being backed up.", {
    table: string("The table's name; or the program that backs up the whole database."),
    index: count("The number of the table, from 1; 0 for a backup by a program."),
    tables: count("The number of tables; 0 for a backup by a program."),
  }),
  backupPlanned: line("backup-planned", "The backup that a run would make, in a dry run.", {
    backup: ref("plannedBackup"),
  }),
  backedUp: line("backed-up", "A run made a backup before its first step, and verified it.", {
    backup: ref("madeBackup"),
  }),
  schemaDumped: line("schema-dumped", "A run wrote the schema to a file, or found the file up to date.", {
    file: ref("writtenFile"),
  }),
  restorePlanned: line("restore-planned", "The changes that a restore is about to make.", { plan: ref("restorePlan") }),
  resetPlanned: line("reset-planned", "The objects that a reset is about to delete.", {
    database: DATABASE,
    inventory: ref("inventory"),
  }),
};
