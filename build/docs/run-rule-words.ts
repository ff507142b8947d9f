import type { SomeWords } from "./rule-text.ts";

/** About the history, and everything around a run. */
export const RUN_RULES = {
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
  "version-taken": {
    meaning: "the branch that yours will be merged into has got another migration with the same version",
    remedy: "give yours the number that the message names: `pgstep new --renumber <version>`",
  },
  "below-base": {
    meaning: "a new migration is below the newest one of the branch that yours will be merged into",
    remedy: "give it a higher number: `pgstep new --renumber <version>`",
  },
  "merge-fails": {
    severity: "error, a warning if only databases that applied yours before the merge are affected",
    meaning:
      "a migration cannot be applied after the new ones of the other branch: yours, or one of the branch that yours will be merged into",
    remedy: "merge that branch into yours, and change or renumber yours: [check.md](check.md#merges)",
  },
  "merge-differs": {
    meaning:
      "your new migrations and those of the branch that yours will be merged into make another schema in the other order",
    remedy: "merge that branch into yours, and change yours: [check.md](check.md#merges)",
  },
  replay: {
    meaning: "a statement failed when `check` ran the files on an empty database",
    remedy: "[validation.md](validation.md)",
  },
  "plan-untried": {
    meaning: "`plan` could not try the statements, so their locks and their work are not known",
    remedy: "follow the message; `pgstep check` runs the same files without the database",
  },
  "plan-inexact": {
    severity: "warning for a database that accepts no writes, else a note",
    meaning: "something that `plan` shows may differ for `up`: a standby, a pooler, a changed repeatable migration",
    remedy: "plan on the primary, over a direct connection",
  },
  "plan-difference": {
    meaning: "something has changed since a plan was made, so `up --plan` refuses",
    remedy: "make a new plan and review it: `pgstep plan --out plan.json`",
  },
  "session-blocks": {
    severity:
      "error if others would wait for `up` without limit, note if it began less than a minute ago, else a warning",
    meaning:
      "another session, prepared transaction, autovacuum or run of pgstep has something now that a step of the plan would wait for",
    remedy: "let it end, or end it: [plan.md](plan.md#other-sessions-now)",
  },
  "session-waits": {
    meaning: "a session waits now for a lock on a table that the plan locks: a queue that the run would make longer",
    remedy: "end the session that it waits for, or run at a quieter time",
  },
  "long-transaction": {
    meaning: "a transaction has been open for a minute or longer, and no step of the plan waits for it",
    remedy: "find out why it is open: [plan.md](plan.md#other-sessions-now)",
  },
  "replication-lag": {
    meaning: "a standby or subscriber lags by 100 MB or 30 seconds",
    remedy: "run when it has caught up",
  },
  "idle-slot": {
    severity: "warning if it keeps 1 GB or more, else a note",
    meaning: "a replication slot has no consumer, so the server keeps the WAL that a run writes",
    remedy: "start its consumer, or drop the slot",
  },
  "standby-missing": {
    meaning: "fewer synchronous standbys are connected than each COMMIT waits for",
    remedy: "start the standby, or change `synchronous_standby_names`",
  },
  "sessions-hidden": {
    meaning: "the role may not see what other sessions do, so `plan` may not report all of them",
    remedy: "run the GRANT that the hint shows",
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
  "down-loses-data": {
    meaning: "a down script loses rows or values that were there before its migration, or were written after it",
    remedy: "keep the old data until a later migration: [check.md](check.md#what-down-scripts-lose)",
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
} as const satisfies SomeWords;
