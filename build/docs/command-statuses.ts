import type { CommandWords } from "../../src/core/command-line/command.ts";

type Row = readonly [status: number | string, meaning: string];

const NOT_STARTED: Row = [2, "could not start: arguments, settings, connection or privileges"];
const WORDS_ONLY: readonly Row[] = [[2, "what was typed is wrong"]];
const ENDED: Row = ["130, 143", "interrupted or terminated; what was running is rolled back"];

/** What changes the history and runs nothing of the files. */
const recording = (refused: string): readonly Row[] => [
  NOT_STARTED,
  [3, refused],
  [4, "the connection was lost after the work had begun"],
  ENDED,
];

/** Of each command, besides 0 for done and 1 for a bug of pgstep's. */
const STATUSES: Readonly<Record<string, readonly Row[]>> = {
  up: [
    NOT_STARTED,
    [3, "faults in files, a changed file, an unknown version, or another run holds the lock"],
    [4, "a statement failed and its migration was rolled back, or the connection was lost"],
    ["126, 127", "the program behind -- could not be started, or was not found"],
    ENDED,
    ["any", "that of the program behind --, 128 and the signal's number if a signal ended it"],
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
    [3, "a migration has no down script, faults in files, or another run holds the lock"],
    [4, "a statement failed and its migration was rolled back, or the connection was lost"],
    ENDED,
  ],
  seed: [
    NOT_STARTED,
    [3, "migrations are pending, faults in files, or another run holds the lock"],
    [4, "a statement failed and its seed was rolled back, or the connection was lost"],
    ENDED,
  ],
  new: [[2, "what was typed is wrong, or a file could not be written"]],
  validate: [NOT_STARTED, [3, "a file has a fault, or disagrees with the history"]],
  baseline: recording("there is a history already, an unknown version, or another run holds the lock"),
  repair: recording("nobody agreed, or another run holds the lock"),
  resolve: recording("nothing is in doubt, or another run holds the lock"),
  protect: [NOT_STARTED, ENDED],
  unprotect: [NOT_STARTED, [3, "the name was not confirmed"], ENDED],
  reset: recording("the name was not confirmed, something may not be dropped, or another run holds the lock"),
  backup: [NOT_STARTED, [3, "the backup could not be made or verified; none is left"], ENDED],
  restore: [
    NOT_STARTED,
    [3, "the name was not confirmed, the backup is damaged or of another database, or another run holds the lock"],
    [4, "a statement of it failed and all was rolled back, or the connection was lost"],
    ENDED,
  ],
  doctor: [[2, "it could not connect"], [3, "it found a fault"], ENDED],
  wait: [[2, "what was typed is wrong, or the time was up"], ENDED],
  config: [[2, "a setting is wrong"]],
  bundle: [NOT_STARTED, [3, "a file has a fault, or was edited after it was applied where the history is pinned"]],
  types: [NOT_STARTED, [3, "with --check: a file is not what it should be"]],
  completion: WORDS_ONLY,
  help: WORDS_ONLY,
};

/** The exit statuses of a command, lowest first. */
export function statusesOf({ name }: CommandWords): readonly Row[] {
  const own = STATUSES[name];
  if (!own) throw new Error(`Cannot document pgstep ${name}: say in build/docs/command-statuses.ts what it exits with`);
  return [[0, "done, or nothing to do"], ...own];
}
