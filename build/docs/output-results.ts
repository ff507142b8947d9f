import { line } from "./output-line.ts";
import { BACKUP_FIELDS, DIRECTIONS, FAILURE_FIELDS } from "./output-values.ts";
import {
  count,
  countOrNull,
  DATABASE,
  list,
  MILLISECONDS,
  oneOf,
  only,
  ref,
  refOrNull,
  type Schema,
  string,
  stringOrNull,
  TEXT,
  truth,
} from "./schema-parts.ts";

/* What comes of a command: the last line. */

export const RESULTS: Readonly<Record<string, Schema>> = {
  run: line("run", "The end of up, down, redo, and of reset --up.", {
    command: oneOf("Which one.", ["up", "down", "redo"]),
    database: DATABASE,
    dryRun: truth("Nothing was written."),
    steps: list("In the order of the plan.", ref("stepReport")),
    alreadyApplied: count("How many were applied before."),
    repeatable: list("The repeatable objects that were to be applied.", ref("repeatableReport")),
    hooks: list("The hooks that ran, in that order.", ref("hookReport")),
    durationMs: MILLISECONDS,
    failure: refOrNull("failure", "Why not all of it came through; null when it did."),
  }),
  seed: line("seed", "The end of seed, and of reset --seed.", {
    database: DATABASE,
    directory: string("Where the seeds are."),
    dryRun: truth("Nothing was written."),
    steps: list("One for each seed, in their order; version and name are its name.", ref("stepReport")),
    alreadyDone: count("How many run only once and had run."),
    durationMs: MILLISECONDS,
    failure: refOrNull("failure", "Why not all of it came through; null when it did."),
  }),
  status: line("status", "The answer of status.", {
    database: DATABASE,
    environment: stringOrNull("The chosen one."),
    total: count("How many versions are known, from files or history."),
    applied: count("How many of them are applied."),
    pending: count("How many would be applied."),
    resetUnfinished: truth("A reset was begun and did not end."),
    afterUpUnfinished: truth("A hook after `up` failed or was cut off, and has not run since."),
    isProtected: truth("Whether reset, restore and undoing more than one migration are refused."),
    migrations: list("Lowest version first.", ref("entry")),
    repeatable: list("Repeatable objects by name.", ref("repeatableEntry")),
    warnings: list("What is odd.", ref("finding")),
  }),
  validation: line("validation", "The answer of validate. Its exit status is 3 when a finding is an error.", {
    database: stringOrNull("The database that the files were compared with; null for none."),
    migrations: count("How many files were looked at."),
    rehearsal: refOrNull("rehearsal", "What --replay ran; null when nothing was run."),
    findings: list("Errors first.", ref("finding")),
  }),
  types: line("types", "The answer of types. Its exit status is 3 when --check finds a file that is not up to date.", {
    database: DATABASE,
    checked: truth("The files were only compared."),
    files: list("In the order of their paths; empty when none was named.", ref("writtenFile")),
    text: stringOrNull("The TypeScript itself where no file was named."),
  }),
  backup: line("backup", "The answer of backup.", BACKUP_FIELDS),
  backups: line("backups", "The answer of backup --list.", {
    directory: string("Where they are."),
    backups: list("Newest first.", ref("backupEntry")),
  }),
  restore: line("restore", "The answer of restore.", {
    database: DATABASE,
    path: string("The backup."),
    tables: list("What was put back.", ref("backedUpTable")),
    durationMs: MILLISECONDS,
  }),
  baseline: line("baseline", "The answer of baseline.", {
    database: DATABASE,
    recorded: list("What counts as applied now.", ref("step")),
  }),
  repair: line("repair", "The answer of repair.", {
    database: DATABASE,
    updated: truth("Whether the checksums were taken over."),
    changed: list("The files that were edited after they were applied.", ref("entry")),
  }),
  recorded: line("recorded", "The answer of resolve --applied and --not-applied.", {
    database: DATABASE,
    version: string("The migration."),
    recorded: oneOf("What the history says of it now.", ["applied", "not-applied"]),
  }),
  resolve: line("resolve", "The answer of resolve --done and --not-done.", {
    database: DATABASE,
    version: string("The migration."),
    direction: oneOf("Which of its files.", DIRECTIONS),
    statement: count("Which statement, from 1.", 1),
    resolution: oneOf("What was said of it.", ["done", "not-done"]),
  }),
  protection: line("protection", "The answer of protect and unprotect.", {
    database: DATABASE,
    isProtected: truth("Whether it is protected now."),
    hasChanged: truth("False where it was so before."),
  }),
  reset: line("reset", "The answer of reset. With --up a line of the type run follows.", {
    database: DATABASE,
    deleted: ref("inventory"),
    durationMs: MILLISECONDS,
  }),
  created: line("created", "The answer of new.", {
    paths: list("The files that were written, the up file first.", TEXT),
  }),
  bundled: line("bundled", "The answer of bundle.", {
    kind: oneOf("A script needs a runtime where it is run.", ["executable", "script"]),
    written: list("The program first, then what has to lie beside it.", ref("sealedProgram")),
    files: count("How many files are sealed."),
    migrations: count("How many migrations they make."),
    pinned: countOrNull("How many versions of the target's history it is pinned to; null when it is not."),
  }),
  wait: line("wait", "The answer of wait.", { database: DATABASE, waitedMs: MILLISECONDS }),
  doctor: line("doctor", "The answer of doctor; the lines of the type checked tell the rest.", {
    database: DATABASE,
    isConnected: truth("Whether it could log in."),
    warnings: count("How many were found."),
    faults: count("How many were found."),
  }),
  settings: line("settings", "The answer of config.", {
    projectFile: stringOrNull("As found or named."),
    settings: list("Every setting.", ref("setting")),
    connection: list("What the database would be reached with; empty when none is named.", ref("connectionValue")),
    failure: refOrNull("failure", "What is wrong with them; null when nothing is."),
  }),
  version: line("version", "The answer of --version.", {
    version: string("pgstep's own."),
    commit: stringOrNull("What a release was built from; null for other builds."),
    runtime: string("What runs it, with its version."),
    target: stringOrNull("What an executable was compiled for; null for the script."),
  }),
  failed: line("failure", "The command failed and has no report of its own.", FAILURE_FIELDS),
  bug: line("bug", "pgstep itself is at fault; standard error has the stack.", {
    message: string("The error's message."),
    exitStatus: only("Always 1.", 1),
  }),
};
