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
  truth,
} from "./kinds.ts";
import { HOOK_REPORT, OUTCOME, REPEATABLE_REPORT } from "./values.ts";

/* What happens while a command runs. */

export const EVENTS = {
  planned: line("planned", "What is about to be done, or would be with --dry-run.", {
    database: DATABASE,
    dryRun: truth("Nothing will be written."),
    steps: list("In the order in which they run.", ref("step")),
  }),
  stepStarted: line("step-started", "A migration begins.", {
    step: ref("step"),
    statements: count("How many statements it has."),
  }),
  statementFinished: line(
    "statement-finished",
    "A statement is done. Only with --verbose, and in the file of --log-file.",
    {
      step: ref("step"),
      statement: count("Which one, from 1.", 1),
      statements: count("How many there are."),
      command: string("What the server calls it, e.g. CREATE TABLE."),
      rowCount: countOrNull("Rows that it changed or returned, where it tells."),
      place: refOrNull("place", "Where in its file it starts."),
      durationMs: countOrNull("Whole milliseconds."),
    },
  ),
  stepFinished: line("step-finished", "A migration is committed, or has failed.", {
    step: ref("step"),
    outcome: OUTCOME,
    durationMs: MILLISECONDS,
  }),
  notice: line("notice", "The server has something to say (RAISE NOTICE, WARNING ...).", {
    migration: stringOrNull("The migration's name; null when it belongs to none."),
    place: refOrNull("place", "The statement that caused it."),
    server: ref("serverMessage"),
  }),
  warning: line("warning", "Something about the files is odd, and stops nothing.", { finding: ref("finding") }),
  repeatableFinished: line(
    "repeatable-finished",
    "What became of a repeatable object, once all of them are committed or rolled back.",
    REPEATABLE_REPORT,
  ),
  hookFinished: line("hook-finished", "A hook has run.", HOOK_REPORT),
  hookOutput: line("hook-output", "A line that a hook's command wrote.", {
    hook: string("The command."),
    line: string("Without its line end."),
  }),
  lockWaiting: line("lock-waiting", "Another run holds the lock.", {
    holder: refOrNull(["sessionHolder", "leaseHolder"], "Who, where it is known."),
    waitedMs: count("For how long, in whole milliseconds."),
  }),
  retrying: line("retrying", "A migration was rolled back since it waited too long for a lock, and is tried again.", {
    step: ref("step"),
    attempt: count("Which attempt comes next."),
    delayMs: count("Whole milliseconds until then."),
    server: ref("serverMessage", "Why."),
    blockers: list("Who held the lock.", ref("blocker")),
  }),
  blocked: line("blocked", "The run waits for locks.", { blockers: list("Who holds them.", ref("blocker")) }),
  indexProgress: line("index-progress", "How far the server has got with an index.", {
    progress: ref("indexBuild"),
  }),
  explained: line("explained", "What is going to be examined by doctor.", {
    values: list("What it is reached or found with.", ref("connectionValue")),
  }),
  checked: line("checked", "What doctor found to be the case with one thing.", {
    topic: string("Which thing."),
    state: oneOf("A warning is no hindrance; a fault is.", ["good", "warning", "fault"]),
    message: string("What is the case."),
    hint: stringOrNull("How to mend it: a command, or a sentence."),
  }),
  databaseWaiting: line("database-waiting", "The database does not accept connections yet.", {
    database: DATABASE,
    reason: string("Why."),
    waitedMs: count("For how long, in whole milliseconds."),
    limitMs: count("For how long it will be waited for at most."),
  }),
  databaseReady: line("database-ready", "The database that was waited for accepts connections.", {
    database: DATABASE,
    waitedMs: MILLISECONDS,
  }),
  backupProgress: line("backup-progress", "A table's rows go into a backup.", {
    table: string("Its name; or the program that makes a backup of everything."),
    index: count("The how manieth, from 1; 0 for a backup of everything."),
    tables: count("Of how many; 0 for a backup of everything."),
  }),
  backedUp: line("backed-up", "A run made a backup before its first step, and verified it.", {
    backup: ref("madeBackup"),
  }),
  restorePlanned: line("restore-planned", "What a restore is about to do.", { plan: ref("restorePlan") }),
  resetPlanned: line("reset-planned", "What a reset is about to delete.", {
    database: DATABASE,
    inventory: ref("inventory"),
  }),
};
