import type { CommandWords } from "../../src/core/command-line/command.ts";

type Row = readonly [status: number | string, meaning: string];

const NOT_STARTED: Row = [2, "could not start: arguments, settings, connection or privileges"];
const WORDS_ONLY: readonly Row[] = [[2, "the command line is wrong"]];
const ENDED: Row = ["130, 143", "interrupted or terminated; what was running is rolled back"];

/** Statuses of a command that changes the history and runs no files. */
const recording = (refused: string): readonly Row[] => [
  NOT_STARTED,
  [3, refused],
  [4, "the connection was lost after the work had begun"],
  ENDED,
];

/** By command, besides 0 for done and 1 for a bug in pgstep. */
const STATUSES: Readonly<Record<string, readonly Row[]>> = {
  up: [
    NOT_STARTED,
    [3, "errors in files, a changed file, an unknown version, or another run holds the lock"],
    [4, "a statement failed and its migration was rolled back, or the connection was lost"],
    ["126, 127", "the program after -- could not be started, or was not found"],
    ENDED,
    ["any", "that of the program after --, or 128 plus the signal's number if a signal ended it"],
  ],
  status: [
    NOT_STARTED,
    [3, "with --exit-code: something is pending, changed or unfinished, so that up has work to do or refuses"],
  ],
  down: [
    NOT_STARTED,
    [3, "a migration has no down script, an unknown version, or another run holds the lock"],
    [4, "a statement failed and its migration was rolled back, or the connection was lost"],
    ENDED,
  ],
  redo: [
    NOT_STARTED,
    [3, "a migration has no down script, errors in files, or another run holds the lock"],
    [4, "a statement failed and its migration was rolled back, or the connection was lost"],
    ENDED,
  ],
  seed: [
    NOT_STARTED,
    [3, "migrations are pending, errors in files, or another run holds the lock"],
    [4, "a statement failed and its seed was rolled back, or the connection was lost"],
    ENDED,
  ],
  new: [[2, "the command line is wrong, or a file could not be written"]],
  init: [[2, "the command line is wrong, or a file could not be written"]],
  check: [NOT_STARTED, [3, "a file has an error, or a statement harms production"], ENDED],
  plan: [
    NOT_STARTED,
    [
      3,
      "a statement harms production, up would refuse or wait without limit (--fail-on); errors in files, a changed file",
    ],
    ENDED,
  ],
  validate: [NOT_STARTED, [3, "a file has an error, or disagrees with the history"]],
  baseline: recording("the database has a history, an unknown version, or another run holds the lock"),
  import: recording("no history to import, a failed migration, a changed file, or another run holds the lock"),
  export: [NOT_STARTED, [3, "a file has an error, or the other tool cannot have it"]],
  repair: recording("not confirmed, or another run holds the lock"),
  resolve: recording("no outcome is unknown, or another run holds the lock"),
  protect: [NOT_STARTED, ENDED],
  unprotect: [NOT_STARTED, [3, "the name was not confirmed"], ENDED],
  reset: recording("the name was not confirmed, an object may not be dropped, or another run holds the lock"),
  drift: [
    NOT_STARTED,
    [3, "the schema differs, or the files of applied migrations are missing or have errors"],
    [4, "a migration failed on the embedded database"],
    ENDED,
  ],
  dump: [
    NOT_STARTED,
    [3, "the schema could not be dumped; with --check: the file is out of date"],
    [4, "a migration failed on the embedded database"],
    ENDED,
  ],
  stats: [NOT_STARTED, ENDED],
  diff: [
    NOT_STARTED,
    [3, "the schemas differ and no file was written, or the statements could not be found or would delete data"],
    [4, "a statement of one of the schemas failed on the embedded database"],
    ENDED,
  ],
  load: recording("the database is not empty, or another run holds the lock"),
  backup: [NOT_STARTED, [3, "the backup could not be made or verified; none is left"], ENDED],
  restore: [
    NOT_STARTED,
    [3, "the name was not confirmed, the backup is damaged or of another database, or another run holds the lock"],
    [4, "a statement of the backup failed and all was rolled back, or the connection was lost"],
    ENDED,
  ],
  doctor: [[2, "it could not connect, or the settings have errors"], [3, "it found another error"], ENDED],
  wait: [[2, "the command line is wrong, or the timeout was reached"], ENDED],
  config: [[2, "a setting is wrong"]],
  bundle: [NOT_STARTED, [3, "a file has an error or, with a pinned history, was edited after it was applied"]],
  types: [NOT_STARTED, [3, "with --check: a file is out of date"]],
  completion: WORDS_ONLY,
  help: WORDS_ONLY,
};

/** The exit statuses of a command, lowest first. */
export function statusesOf({ name }: CommandWords): readonly Row[] {
  const own = STATUSES[name];
  if (!own) throw new Error(`Cannot document pgstep ${name}: add its exit statuses to build/docs/command-statuses.ts`);
  return [[0, "done, or nothing to do"], ...own];
}
