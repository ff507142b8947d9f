import type { SomeWords } from "./rule-text.ts";

const NOT_CLOSED = { meaning: "a quote or comment is opened and never closed", remedy: "close it; comments nest" };

const NO_END = {
  meaning: "the statement has no end: a parenthesis, or a `BEGIN ATOMIC` body, is open",
  remedy: "close it",
};

/** About files: their names, and their statements. */
export const FILE_RULES = {
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
  "not-exportable": {
    severity: "error; a warning for repeatable migrations",
    meaning: "the tool of `pgstep export` cannot have this migration",
    remedy: "as the hint says",
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
} as const satisfies SomeWords;
