import type { RULES, RuleId } from "../../src/core/failure/rules.ts";

/** The text of docs/rules.md about a rule, in Markdown. */
interface RuleWords {
  readonly meaning: string;
  readonly remedy: string;
}

/** If the case decides the severity, `severity` says how. */
type WordsOf<Id extends RuleId> = (typeof RULES)[Id] extends "varies"
  ? RuleWords & { readonly severity: string }
  : RuleWords & { readonly severity?: never };

/** The sections of the page, by the first rule of each. */
export const SECTIONS: Readonly<Partial<Record<RuleId, string>>> = {
  "bad-name": "Files and their names",
  "other-tool": "Statements",
  changed: "History",
  "other-history": "Around a run",
};

const NOT_CLOSED = { meaning: "a quote or comment is opened and never closed", remedy: "close it; comments nest" };

const NO_END = {
  meaning: "the statement has no end: a parenthesis, or a `BEGIN ATOMIC` body, is open",
  remedy: "close it",
};

/** Neighbouring rules with the same words share a row. */
export const RULE_WORDS: { readonly [Id in RuleId]: WordsOf<Id> } = {
  "bad-name": {
    meaning: "a file that ends in `.sql` is not named like a migration, or its direction is misspelt (`.dwon.sql`)",
    remedy: "rename it, e.g. `001_create_users.sql`, or move it away",
  },
  "duplicate-version": {
    meaning: "two files have the same version; `1` and `001` are the same",
    remedy: "give one of them another version",
  },
  "down-without-up": { meaning: "a down script without a migration", remedy: "rename it, or remove it" },
  "not-a-file": {
    meaning: "a directory, or a broken link, has a migration's name",
    remedy: "rename or remove it",
  },
  unreadable: {
    severity: "error, a warning for a folder",
    meaning: "a file or folder cannot be read",
    remedy: "check its permissions",
  },
  "not-utf8": { meaning: "bytes that are not UTF-8", remedy: "convert it with iconv, as the hint says" },
  gap: {
    meaning: "a number is missing before a migration that is not applied yet",
    remedy: "check that no file is missing",
  },
  "no-migrations": {
    meaning: "the directory has no migrations",
    remedy: "create one with `pgstep new`, or name another directory with `--dir`",
  },
  "other-layout": {
    meaning: "the directory has files of a tool that pgstep does not read",
    remedy: "as the hint says; or name the format with `--layout`",
  },
  "mixed-layout": {
    meaning: "the directory has files of two formats",
    remedy: "move one kind away, or name the format with `--layout`",
  },
  "ignored-file": {
    meaning: "an SQL file among another tool's migrations has no name of a migration",
    remedy: "rename it, or move it away",
  },
  "incomplete-migration": {
    meaning: "a folder of Prisma or Diesel lacks its SQL file",
    remedy: "restore the file, or remove the folder",
  },
  "other-order": {
    meaning: "dbmate or Diesel sorts these versions as text, so in another order than pgstep",
    remedy: "keep the files with the other tool",
  },
  "not-sql": {
    severity: "warning; an error for a repeatable migration",
    meaning: "a migration of another tool is a program in Go, Java or another language; `up` stops before it",
    remedy: "run it with the other tool, and record it: `pgstep resolve <version> --applied`",
  },
  "baseline-migration": {
    meaning: "a baseline migration of Flyway is not used, because the migrations that it replaces exist",
    remedy: "move these away to use the baseline migration",
  },
  marker: {
    meaning: "the comments with which goose or dbmate divide a file are missing, twice or in the wrong order",
    remedy: "as the hint says",
  },
  "hidden-marker": {
    meaning: "such a comment is inside a string or another comment, where the other tool would cut the file",
    remedy: "close the string, or write the line differently",
  },
  "no-environment": {
    meaning: "a folder's name cannot be an environment, so its migrations are ignored",
    remedy: "rename it, or move it away",
  },
  header: {
    meaning: "a line of the header has an unknown key or a wrong value",
    remedy: "correct it: [file-format.md](file-format.md)",
  },
  "header-name": {
    meaning: "the header's `Migration` is not the file's name; a text with blanks is only a comment",
    remedy: "make them agree",
  },
  "header-environment": {
    meaning: "the header's `Environment` is not that of the file's folder",
    remedy: "make them agree",
  },
  "hook-name": {
    meaning: "a file in the hooks directory is not named like a hook, and never runs",
    remedy: "rename it: [hooks.md](hooks.md)",
  },
  "other-tool": {
    meaning:
      "a comment of goose, dbmate, sql-migrate or tern divides the file into an up part and a down part; pgstep would run both",
    remedy: "move the down part into a `.down.sql` file, and delete the comments",
  },
  "unterminated-quote": NOT_CLOSED,
  "unterminated-identifier": NOT_CLOSED,
  "unterminated-dollar-quote": NOT_CLOSED,
  "unterminated-comment": NOT_CLOSED,
  "unterminated-parenthesis": NO_END,
  "unterminated-body": NO_END,
  "unterminated-copy": {
    meaning: "the rows of a `COPY ... FROM STDIN` do not end",
    remedy: "add a line with only `\\.` after them",
  },
  "copy-line-shared": {
    meaning: "other text follows `COPY ... FROM STDIN` on the same line",
    remedy: "move it after the `\\.`",
  },
  "copy-binary": { meaning: "`COPY` in binary format, whose rows are not text", remedy: "dump them as text or CSV" },
  "psql-command": { meaning: "a backslash command of psql", remedy: "replace it by what the hint shows" },
  "transaction-control": {
    meaning:
      "BEGIN, COMMIT or the like that does not form complete transactions, one after another ([file-format.md](file-format.md#file-contents))",
    remedy: "remove it, end each BEGIN with a COMMIT, or split the file",
  },
  "discard-all": {
    meaning: "`DISCARD ALL` would release the lock that blocks other runs",
    remedy: "discard only plans, sequences or temporary tables",
  },
  "client-encoding": { meaning: "the file asks for another encoding than UTF-8", remedy: "remove the line" },
  "nul-character": { meaning: "a NUL character, which PostgreSQL cannot store", remedy: "remove it" },
  placeholder: {
    meaning: "a placeholder has no value or no name, is secret and not quoted, or makes more than one statement",
    remedy: "[environments.md](environments.md)",
  },
  syntax: {
    severity: "error; a warning if the server is newer than pgstep's parser",
    meaning: "PostgreSQL's parser does not understand a statement; only `validate` checks this",
    remedy: "correct the statement: [validation.md](validation.md)",
  },
  "not-in-transaction": {
    meaning:
      "a statement that cannot run in a transaction is in a file with BEGIN and COMMIT around it, in a repeatable migration or in a hook",
    remedy: "take it out of the transaction, or move it into a migration of its own",
  },
  "seed-transaction": { meaning: "a seed cannot run in a transaction", remedy: "make it a migration" },
  empty: {
    severity: "error in `up` for a blank file and an unedited template, else a warning",
    meaning: "the file has no statements. A blank up file with a blank down file beside it counts as intended",
    remedy: "write its SQL, or a comment that says why there is none",
  },
  changed: {
    meaning: "the file was edited after it was applied; line ends do not count",
    remedy: "restore it, or accept it with `pgstep repair`",
  },
  missing: {
    severity: "warning, an error for `validate`",
    meaning: "a version is applied and its file is missing",
    remedy: "restore it from version control or, if it is gone for good, run `pgstep repair <version>`",
  },
  "out-of-order": {
    meaning: "a pending version is below an applied one",
    remedy: "give it a higher version, or use `--out-of-order`",
  },
  unfinished: {
    meaning: "a migration outside a transaction did not finish",
    remedy: "run `pgstep up` again, or `pgstep resolve`",
  },
  "repeatable-waiting": {
    meaning: "repeatable migrations are deferred until nothing is pending",
    remedy: "apply the pending migrations",
  },
  "repeatable-missing": {
    meaning: "the file of a repeatable migration is missing; the objects that it made stay",
    remedy: "drop the objects in a migration",
  },
  "seed-changed": { meaning: "a seed that runs once was changed after it ran", remedy: "write another seed" },
  pinned: {
    meaning: "the history is not the one that a bundle was pinned to",
    remedy: "build a new bundle: [bundle.md](bundle.md)",
  },
  "other-history": {
    severity: "error on a first run, else a warning",
    meaning: "another table has the shape of a history, and entries: this database was migrated before",
    remedy: "name it with `--schema` and `--table`, record a `baseline`, or use `up --first-run`",
  },
  "relation-exists": {
    severity: "error on a first run, else a warning",
    meaning: "a relation that a pending migration creates already exists",
    remedy: "record a `baseline`, or use `up --first-run`",
  },
  "other-tables": {
    meaning: "a first run finds tables that no pending migration creates",
    remedy: "check that it is the right database",
  },
  replay: {
    meaning: "a statement failed when `check` ran the files on an empty database",
    remedy: "[validation.md](validation.md)",
  },
  "not-reversible": {
    severity: "warning, an error if the migration cannot be applied again after it",
    meaning: "a down script does not undo its migration completely",
    remedy: "undo everything that the migration does",
  },
  "down-untested": {
    meaning: "`check` could not test a down script",
    remedy: "test it on a copy of the database with `redo`",
  },
  "bad-ignore": {
    meaning: "a comment that begins with `-- pgstep:` ignores no finding: it is misspelt, or gives no reason",
    remedy: "correct it: [check.md](check.md#ignoring-a-finding)",
  },
  "unused-ignore": {
    meaning: "a comment ignores a rule that finds nothing there",
    remedy: "remove the rule from the comment",
  },
  "shadow-left": {
    meaning: "the shadow database had objects of a process that was killed; pgstep has deleted them",
    remedy: "none",
  },
  "hook-unfinished": {
    meaning: "a hook after an earlier `up` failed or was interrupted",
    remedy: "`up` runs the after-up hooks again: [hooks.md](hooks.md)",
  },
  "hook-failed": {
    meaning: "a hook failed, and `--hook-failure warn` lets the run continue",
    remedy: "read its output",
  },
  "commit-unconfirmed": {
    meaning: "a transaction is committed on this server, but its synchronous standby has not confirmed it",
    remedy: "check `pg_stat_replication`: [deploy.md](deploy.md#standbys-and-exit-status-0)",
  },
  "not-given-back": {
    meaning: "a view was re-created, but a privilege or other property of it could not be restored",
    remedy: "run what the message shows",
  },
  "not-droppable": { meaning: "`reset` finds an object that the role may not drop", remedy: "drop it as its owner" },
  "backup-incomplete": {
    meaning: "a backup omits something",
    remedy: "back it up by other means, or let the role read it: [backups.md](backups.md)",
  },
  "backup-skipped": {
    meaning: "a run destroys data without a backup, because it would be large or the server is too new",
    remedy: "make one: [backups.md](backups.md#automatic-backups)",
  },
  "restore-incomplete": {
    meaning: "a restore left out owners or privileges that the role may not set",
    remedy: "set them as their owner, or create the missing roles first: [backups.md](backups.md#restore-a-backup)",
  },
  "dump-incomplete": {
    meaning: "the schema lacks tables that the role may not read",
    remedy: "grant SELECT, or connect as their owner: [dump.md](dump.md)",
  },
  drift: {
    meaning: "an object of the database is not as the applied migrations make it",
    remedy: "write the change into a migration, or undo it in the database: [drift.md](drift.md)",
  },
  "drift-inexact": {
    meaning: "`drift` cannot compare something exactly, for example because a file has changed since it was applied",
    remedy: "do what the message says: [drift.md](drift.md)",
  },
  "backup-unfinished": {
    meaning: "the directory has files of an unfinished backup",
    remedy: "remove them if no other backup is running",
  },
  "md5-login": {
    meaning: "the password was sent as an md5 hash without TLS, so a listener can guess it",
    remedy: "connect with TLS, or use SCRAM on the server",
  },
  "embedded-locks": {
    meaning: "options about locks have no effect on the embedded database",
    remedy: "nothing",
  },
  setting: { meaning: "a setting has an error", remedy: "correct it in the place that the message names" },
  "unknown-variable": {
    meaning: "a variable has a name that begins with PGSTEP_ and that pgstep does not know",
    remedy: "correct the name, or remove the variable: [settings.md](settings.md)",
  },
  "project-file-ignored": {
    meaning: "a project file above the working directory belongs to another user",
    remedy: "name it with `--config` if you trust it: [settings.md](settings.md#the-project-file)",
  },
  "log-outside": {
    meaning: "only a project file names the log, which is outside the project, and the command only looks",
    remedy: "name it with `--log-file`: [security.md](security.md#a-checkout-that-you-do-not-trust)",
  },
  "log-lost": { meaning: "the log file is not complete", remedy: "make room for it" },
  bug: { meaning: "pgstep itself has a bug", remedy: "please report it with the output" },
};
