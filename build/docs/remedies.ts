import type { FailureCode } from "../../src/core/failure/failure.ts";

/** How to fix each failure, for the page of all failures; a failure itself has a hint for its own case. */
export const REMEDIES: Readonly<Record<FailureCode, string>> = {
  usage: "See `pgstep help <command>` for what can be typed.",
  settings: "Correct the flag, variable or file that the message names; `pgstep help settings` explains all of them.",
  "directory-unreadable":
    "Name the directory with `--dir` or `PGSTEP_DIR`, or create it with `pgstep new <description>`.",
  "file-exists": "Nothing was overwritten: choose another description, or remove the file.",
  "file-unwritable": "Check the permissions of the directory, and that the disk has room.",
  "connection-failed": "Check host and port, and that the server runs; `psql` with the same URL must work.",
  "authentication-failed": "Check user, password and database; the server's log and pg_hba.conf show what it requires.",
  "database-in-use": "End the other process: only one process can open an embedded database.",
  "privilege-missing":
    "Grant the privilege that the message names, use another role, or connect to the primary instead of a standby.",
  "read-only-mode":
    "If the command is meant to change this database, run it without `PGSTEP_READ_ONLY` and `--read-only`, and without `readOnly` in the project file.",
  "runtime-unsupported":
    "Grant the permission, or use the runtime, that the message names; Node, Bun and the executable need no permissions.",
  "output-lost": "The work is done. Make room for the output, and check what was done with `pgstep status`.",
  "files-unsound": "Fix the files; every error is listed with its place, and `pgstep validate` lists them again.",
  "history-foreign": "Give pgstep its own table with `--table` or `--schema`.",
  "history-conflict":
    "Restore the file and write a new migration; or run `pgstep repair` if only comments changed, or " +
    "`pgstep up --out-of-order` for a migration that was added late.",
  "version-unknown": "List the versions with `pgstep status`; check that `--dir` names the right directory.",
  "migrations-pending": "Apply them with `pgstep up`; `pgstep status` lists them.",
  "no-way-back": "Write the down file beside the migration, or a new migration that undoes it.",
  "nothing-in-doubt": "Nothing: run `pgstep up`.",
  "database-not-empty":
    "Record what the database has with `pgstep baseline <version>`. If the migrations are to run on it as it is, use `pgstep up --first-run`. If another history is named, check `--schema`, `--table` and the database.",
  "baseline-refused": "A baseline is for databases without a history; `pgstep status` shows this one's.",
  protected: "Check that it is the right database; then clear the mark: `pgstep unprotect --confirm <database>`.",
  "reset-refused": "Let the owner drop the listed objects, or use the owner's role. Nothing was deleted.",
  "reset-unfinished": "Run `pgstep reset` again: it continues where it stopped.",
  "too-large":
    "Raise max_locks_per_transaction on the server, or run without `--single-transaction`, in smaller migrations.",
  "plan-unusable": "Make the plan again, and review it: `pgstep plan --out <file>`. A plan cannot be edited.",
  "plan-newer": "Run the plan with the pgstep that made it, or make a new one with this pgstep.",
  "plan-of-other-database": "Name the database of the plan with `--url`, or make a plan of this database.",
  "plan-expired": "Make a new plan and review it; `--valid-for` gives it more time.",
  "plan-outdated": "Make a new plan and review it: the findings say what has changed. Nothing was changed.",
  "plan-not-scriptable": "Run the migrations with `pgstep up`, or leave out what the message names.",
  declined: "Run the command again and confirm, or confirm on the command line: `--yes`, or `--confirm <database>`.",
  "consent-missing": "If the data may be deleted, name the database: `pgstep reset --confirm <database>`.",
  "shadow-not-empty": "Name an empty database that nobody needs.",
  "shadow-in-use":
    "Wait until the other process has ended, or give each process an empty database of its own. If a check was killed in the database that you want to use, empty it with `pgstep reset`.",
  "backup-failed":
    "Fix what the message names, e.g. with `--backup-dir` or `--pg-dump`; or continue without a backup: `--no-backup`.",
  "backup-unusable":
    "Choose another backup: `pgstep backup --list`. A backup of another database needs `--other-database`.",
  drifted:
    "Show the differences: `pgstep drift --verbose`. Write them into a migration, or undo them in the database: [drift.md](drift.md).",
  "dump-failed":
    "Fix what the message names. For a server that is newer than the embedded pg_dump, update pgstep or use PostgreSQL's own pg_dump.",
  "dump-after-run-failed":
    "The migrations are applied. Fix what the message names, then write the file: `pgstep dump --out <file>`.",
  "diff-incomplete": "Write the named changes by hand: `pgstep new <description>`. Then compare again.",
  "diff-loses-data":
    "Allow it with `--allow-data-loss <objects>`, or name what only has another name: [diff.md](diff.md).",
  "lock-held":
    "Wait for the other run to end, or wait longer with `--lock-wait`; the message names the other run if it can.",
  "in-doubt":
    "Check whether the statement took effect, then record that with `pgstep resolve <version> --done` or `--not-done`. If the session has ended, decide whether the statement must run again.",
  "hook-failed":
    "Read the hook's output, fix the hook, and run the command again; --hook-failure warn makes it a warning. What the message says was applied stays applied.",
  "transaction-ended":
    "Compare the database with the file, whose first part may be committed. Remove the statement that ends the transaction or turns default_transaction_read_only off.",
  "statement-failed": "Fix the statement that is shown; its migration was rolled back, so run `pgstep up` again.",
  "connection-lost": "Run `pgstep status` to see what was applied, then `pgstep up` again; nothing is applied twice.",
  "program-not-found": "Check the name after `--` and `PATH`; the migrations are applied.",
  "program-not-started": "Check the permissions of the program after `--`; the migrations are applied.",
  interrupted: "Run the command again when you like.",
  terminated: "Run the command again; if a supervisor ended it, give it more time.",
};
