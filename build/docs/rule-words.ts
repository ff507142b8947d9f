import type { RULES, RuleId } from "../../src/core/failure/rules.ts";

/** What docs/rules.md says of a rule, in Markdown. */
interface RuleWords {
  readonly meaning: string;
  readonly remedy: string;
}

/** Where the case decides the severity, words say how. */
type WordsOf<Id extends RuleId> = (typeof RULES)[Id] extends "varies"
  ? RuleWords & { readonly severity: string }
  : RuleWords & { readonly severity?: never };

/** The sections of the page, by the rule that each begins with. */
export const SECTIONS: Readonly<Partial<Record<RuleId, string>>> = {
  "bad-name": "Files and their names",
  "other-tool": "Statements",
  changed: "History",
  "other-history": "Around a run",
};

const NOT_CLOSED = { meaning: "what opens there is never closed", remedy: "close it; comments nest" };

const NO_END = {
  meaning: "the statement has no end: a parenthesis, or a `BEGIN ATOMIC` body, is open",
  remedy: "close it",
};

/** Rules next to each other that share their words share a row. */
export const RULE_WORDS: { readonly [Id in RuleId]: WordsOf<Id> } = {
  "bad-name": {
    meaning: "a file that ends in `.sql` is not named like a migration, or its direction is misspelt (`.dwon.sql`)",
    remedy: "rename it, e.g. `001_create_users.sql`, or move it away",
  },
  "duplicate-version": {
    meaning: "two files have the same version; `1` and `001` are the same",
    remedy: "give one of them another",
  },
  "down-without-up": { meaning: "a way back of no migration", remedy: "rename it, or remove it" },
  "not-a-file": {
    meaning: "a directory, or a link that leads nowhere, has a migration's name",
    remedy: "rename or remove it",
  },
  unreadable: {
    severity: "error, a warning for a folder",
    meaning: "it cannot be read",
    remedy: "check its permissions",
  },
  "not-utf8": { meaning: "bytes that are not UTF-8", remedy: "convert it with iconv, as the hint says" },
  gap: {
    meaning: "a number is left out before a migration that is not applied yet",
    remedy: "check that no file was forgotten",
  },
  "no-migrations": {
    meaning: "the directory has none",
    remedy: "make one with `pgstep new`, or name another with `--dir`",
  },
  "other-layout": {
    meaning: "the directory holds the folders of Prisma or Diesel and no migration of pgstep's",
    remedy: "copy their SQL files to names like `001_create_users.sql`, or name another directory",
  },
  "no-environment": {
    meaning: "no environment can have that folder's name, so its migrations are left alone",
    remedy: "rename it, or move it away",
  },
  header: {
    meaning: "a line of the header says something that is not known, or not so",
    remedy: "correct it: [file-format.md](file-format.md)",
  },
  "header-name": {
    meaning: "the header's `Migration` is not the file's name; with blanks in it, it is a remark",
    remedy: "make them agree",
  },
  "header-environment": {
    meaning: "the header's `Environment` is not that of the file's folder",
    remedy: "make them agree",
  },
  "hook-name": {
    meaning: "a file among the hooks has no hook's name and is never run",
    remedy: "rename it: [hooks.md](hooks.md)",
  },
  "other-tool": {
    meaning:
      "a comment of goose, dbmate, sql-migrate or tern divides the file into what it applies and what it undoes; pgstep would run both",
    remedy: "move the part that undoes into a `.down.sql` file, and delete the comments",
  },
  "unterminated-quote": NOT_CLOSED,
  "unterminated-identifier": NOT_CLOSED,
  "unterminated-dollar-quote": NOT_CLOSED,
  "unterminated-comment": NOT_CLOSED,
  "unterminated-parenthesis": NO_END,
  "unterminated-body": NO_END,
  "unterminated-copy": {
    meaning: "the rows of a `COPY ... FROM STDIN` do not end",
    remedy: "put a line with only `\\.` behind them",
  },
  "copy-line-shared": {
    meaning: "something stands behind `COPY ... FROM STDIN` on its line",
    remedy: "move it behind the `\\.`",
  },
  "copy-binary": { meaning: "`COPY` in binary format, whose rows are no text", remedy: "dump them as text or CSV" },
  "psql-command": { meaning: "a backslash command of psql", remedy: "write what the hint gives in its place" },
  "transaction-control": {
    meaning:
      "BEGIN, COMMIT or the like that does not make whole transactions, one after the other ([file-format.md](file-format.md#file-contents))",
    remedy: "remove it, end each BEGIN with a COMMIT, or split the file",
  },
  "discard-all": {
    meaning: "`DISCARD ALL` would drop the lock that keeps other runs away",
    remedy: "discard only plans, sequences or temporary tables",
  },
  "client-encoding": { meaning: "the file asks for another encoding than UTF-8", remedy: "remove the line" },
  "nul-character": { meaning: "a NUL character, which PostgreSQL cannot store", remedy: "remove it" },
  placeholder: {
    meaning: "it has no value or no name, is secret and not quoted, or makes more than one statement",
    remedy: "[environments.md](environments.md)",
  },
  "not-in-transaction": {
    meaning: "a repeatable object or a hook cannot run in the transaction that it would run in",
    remedy: "put it into a migration",
  },
  "seed-transaction": { meaning: "a seed cannot run in a transaction", remedy: "make a migration of it" },
  empty: {
    severity: "error in `up` for a blank file and an untouched template, else a warning",
    meaning: "the file has no statements. A blank up file with a blank down file beside it counts as made on purpose",
    remedy: "write its SQL, or a comment that says why there is nothing to do",
  },
  changed: {
    meaning: "the file is not the one that was applied; line ends do not count",
    remedy: "restore it, or accept it with `pgstep repair`",
  },
  missing: {
    severity: "warning, an error for `validate`",
    meaning: "a version is applied and its file is gone",
    remedy: "restore it from version control, or, when it is gone for good, `pgstep repair <version>`",
  },
  "out-of-order": {
    meaning: "a pending version is below an applied one",
    remedy: "give it a higher one, or `--out-of-order`",
  },
  unfinished: {
    meaning: "a migration outside a transaction did not end",
    remedy: "run `pgstep up` again, or `pgstep resolve`",
  },
  "repeatable-waiting": { meaning: "repeatable objects wait until nothing is pending", remedy: "apply the rest" },
  "repeatable-missing": {
    meaning: "the file of a repeatable object is gone; what it made is left",
    remedy: "drop it in a migration",
  },
  "seed-changed": { meaning: "a seed that runs once was changed after it ran", remedy: "write another" },
  pinned: {
    meaning: "the history is not the one that a sealed bundle was pinned to",
    remedy: "seal a new one: [bundle.md](bundle.md)",
  },
  "other-history": {
    severity: "error on a first run, else a warning",
    meaning: "another table has the shape of a history and entries, so that this database was migrated before",
    remedy: "name it with `--schema` and `--table`, record a `baseline`, or `up --first-run`",
  },
  "relation-exists": {
    severity: "error on a first run, else a warning",
    meaning: "a relation that a pending migration creates is in the database already",
    remedy: "record a `baseline`, or `up --first-run`",
  },
  "other-tables": {
    meaning: "a first run finds tables that no pending migration makes",
    remedy: "check that it is the database you mean",
  },
  replay: {
    meaning: "a statement failed in the rehearsal of `validate --replay`",
    remedy: "[validation.md](validation.md)",
  },
  "not-reversible": {
    severity: "warning, an error where the migration cannot be applied again for it",
    meaning: "a way back does not lead back",
    remedy: "undo in it all that the migration does",
  },
  "hook-unfinished": {
    meaning: "a hook after an earlier `up` failed or was cut off",
    remedy: "`up` runs the after-up hooks again: [hooks.md](hooks.md)",
  },
  "hook-failed": {
    meaning: "a hook failed where `--hook-failure warn` lets the run go on",
    remedy: "look at its output",
  },
  "commit-unconfirmed": {
    meaning: "a transaction is committed on this server, and its synchronous standby has not confirmed it",
    remedy: "check `pg_stat_replication`: [deploy.md](deploy.md#standbys-and-exit-status-0)",
  },
  "not-given-back": {
    meaning: "a view was made anew, and a privilege or the like could not be put back on it",
    remedy: "run what the message shows",
  },
  "not-droppable": { meaning: "`reset` finds what the role may not drop", remedy: "drop it as its owner" },
  "backup-incomplete": {
    meaning: "a backup in SQL of pgstep's own leaves something out",
    remedy: "let pg_dump make it: [backups.md](backups.md)",
  },
  "backup-unfinished": {
    meaning: "files of a backup that did not end lie in the directory",
    remedy: "remove them when no other is at work",
  },
  "md5-login": {
    meaning: "md5 proved the password over a connection without TLS, where a listener can guess it from what was sent",
    remedy: "connect with TLS, or let the server use SCRAM",
  },
  "embedded-locks": {
    meaning: "options about locks have no effect on the embedded database",
    remedy: "none is needed",
  },
  setting: { meaning: "a setting cannot be used", remedy: "correct it where the message says it stands" },
  "project-file-ignored": {
    meaning: "a project file above the working directory belongs to another user",
    remedy: "name it with `--config` if you trust it: [settings.md](settings.md#the-project-file)",
  },
  "log-outside": {
    meaning: "only a project file names the log, outside of the project, and the command only looks",
    remedy: "name it with `--log-file`: [security.md](security.md#a-checkout-that-you-do-not-trust)",
  },
  "log-lost": { meaning: "the log file is not complete", remedy: "make room for it" },
  bug: { meaning: "pgstep itself has a fault", remedy: "please report it with what was printed" },
};
