import type { FailureCode } from "../../src/core/failure/failure.ts";

/** What to do about each failure, for the page of all of them; a failure itself comes with a hint for its own case. */
export const REMEDIES: Readonly<Record<FailureCode, string>> = {
  usage: "See `pgstep help <command>` for what can be typed.",
  settings: "Correct the flag, variable or file that the message names; `pgstep help settings` tells of all of them.",
  "directory-unreadable":
    "Name the directory with `--dir` or `PGSTEP_DIR`, or make it with `pgstep new <description>`.",
  "file-exists": "Nothing was overwritten: choose another description, or remove the file.",
  "file-unwritable": "Check the permissions of the directory, and that the disk has room.",
  "connection-failed": "Check host, port and that the server runs; `psql` with the same URL must work.",
  "authentication-failed": "Check user, password and database; the server's log and pg_hba.conf tell what it wanted.",
  "database-in-use": "End the other process: an embedded database can be open once only.",
  "privilege-missing":
    "Grant what the message names, use another role, or connect to the primary and not to a standby.",
  "runtime-unsupported":
    "Use the permission or runtime that the message names; Node, Bun and the executable need none.",
  "output-lost": "The work is done. Make room for the output, and see what was done with `pgstep status`.",
  "files-unsound": "Mend the files; every fault is listed with its place, and `pgstep validate` lists them again.",
  "history-foreign": "Give pgstep a table of its own with `--table` or `--schema`.",
  "history-conflict":
    "Put the file back as it was and write a new migration; or `pgstep repair` when only comments changed, or " +
    "`pgstep up --out-of-order` for one that came late.",
  "version-unknown": "See the versions with `pgstep status`; `--dir` may name another directory than you mean.",
  "migrations-pending": "Apply them with `pgstep up`; `pgstep status` shows them.",
  "no-way-back": "Write the down file beside the migration, or a new migration that undoes it.",
  "nothing-in-doubt": "Nothing: run `pgstep up`.",
  "database-not-empty":
    "Record what the database has with `pgstep baseline <version>`. If the migrations are to run on it as it is, use `pgstep up --first-run`. If another history is named, check `--schema`, `--table` and the database.",
  "baseline-refused": "A baseline is for databases without a history; see it with `pgstep status`.",
  protected: "See that it is the database you mean; then clear the mark: `pgstep unprotect --confirm <database>`.",
  "reset-refused": "Let the owner drop what is listed, or use the owner's role. Nothing was deleted.",
  "reset-unfinished": "Run `pgstep reset` again: it goes on where it stopped.",
  "too-large":
    "Raise max_locks_per_transaction on the server, or run without `--single-transaction`, in smaller migrations.",
  declined:
    "Run the command again and agree, or give the agreement with the command: `--yes`, or `--confirm <database>`.",
  "consent-missing": "If the data may go, name the database: `pgstep reset --confirm <database>`.",
  "shadow-not-empty": "Name a database that is empty and that nobody needs.",
  "backup-failed":
    "Mend what the message names, e.g. with `--backup-dir` or `--pg-dump`; or go on without one: `--no-backup`.",
  "backup-unusable": "Choose another: `pgstep backup --list`. One of another database needs `--other-database`.",
  "lock-held": "Wait for the other run to end, or longer with `--lock-wait`; the message tells who it is where it can.",
  "in-doubt":
    "Check whether the statement took effect, then record that with `pgstep resolve <version> --done` or `--not-done`; of a session that has ended, decide whether the statement must run again.",
  "hook-failed":
    "Look at what the hook wrote, mend it, and run the command again; --hook-failure warn makes it a warning. What the message says was applied stays so.",
  "transaction-ended":
    "Compare the database with the file, whose first part may be committed. Take out what ends the transaction or turns default_transaction_read_only off.",
  "statement-failed": "Mend the statement that is shown; its migration was rolled back, so run `pgstep up` again.",
  "connection-lost": "Run `pgstep status` to see what was applied, then `pgstep up` again; nothing is applied twice.",
  "program-not-found": "Check the name behind `--` and `PATH`; the migrations are applied.",
  "program-not-started": "Check the permissions of the program behind `--`; the migrations are applied.",
  interrupted: "Run it again when you like.",
  terminated: "Run it again; if a supervisor ended it, give it more time.",
};
