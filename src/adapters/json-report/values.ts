import { BACKUP_ORIGINS, VERIFICATIONS } from "../../core/backup/backup-file.ts";
import { FAILURES, type FailureCode } from "../../core/failure/failure.ts";
import { HOOK_MOMENTS } from "../../core/hooks/hook.ts";
import { CHECK_VALUES } from "./check-values.ts";
import {
  count,
  countOrNull,
  counts,
  DATABASE,
  list,
  MILLISECONDS,
  object,
  oneOf,
  oneOfOrNull,
  only,
  ref,
  refOrNull,
  string,
  stringOrNull,
  TEXT,
  truthOrNull,
  yesOrNo,
} from "./kinds.ts";
import { PLAN_VALUES } from "./plan-values.ts";

/* Values that occur in several lines of --json. */

export const DIRECTIONS = ["up", "down"] as const;

export const OUTCOME = oneOf(
  "applied, undone: committed. failed: an error stopped it, and it was rolled back. rolled-back: it ran, but the single transaction around all steps was rolled back. not-run: it had no effect. lost: the server confirmed the commit, but no longer has it. in-doubt: unknown.",
  ["applied", "undone", "failed", "rolled-back", "not-run", "lost", "in-doubt"],
);

const STEP = {
  version: string("The version as in the file name, or as recorded."),
  name: string("The file's name without its extension."),
  description: string("From the header, else from the file's name."),
  direction: oneOf("Which of its two files runs.", DIRECTIONS),
};

export const REPEATABLE_REPORT = {
  name: string("The file's name without its extension."),
  path: string("The file."),
  outcome: oneOf("All of them share one transaction.", [
    "applied",
    "failed",
    "rolled-back",
    "not-run",
    "lost",
    "in-doubt",
  ]),
};

export const HOOK_REPORT = {
  moment: oneOf("When it runs.", HOOK_MOMENTS),
  name: string("The path of the file, or the command."),
  outcome: oneOf("The outcome; in-doubt: the connection was lost, and it is unknown whether its SQL is committed.", [
    "done",
    "failed",
    "in-doubt",
  ]),
  durationMs: count("Whole milliseconds."),
};

export const FAILURE_FIELDS = {
  code: ref("failureCode", "Stable across releases; messages may change."),
  message: string("What failed, and why."),
  hint: stringOrNull("What to do, in one sentence."),
  place: refOrNull("place", "The file and the position in it."),
  server: refOrNull("serverMessage", "The server's message."),
  findings: list("All findings, if the command failed because of them.", ref("finding")),
  exitStatus: count("The exit status of the process."),
};

const USER = stringOrNull("The role that logged in.");
const APPLICATION = stringOrNull("Its application_name.");

const MASKED_QUERY = "with passwords masked; null if it is hidden from the role, or if placeholders are secret.";
const PROCESS_ID = count("A process ID on the server.");
const UNITS = ["blocks", "rows", "bytes", "sessions", "partitions"] as const;

export const BLOCKERS = {
  blockers: list(
    "Those that do not wait themselves first, then the oldest transaction first; at most 30.",
    ref("blocker"),
  ),
  total: count("The number of all of them."),
};

const BACKUP_KINDS = ["sql", "custom"] as const;

export const BACKUP_FIELDS = {
  database: DATABASE,
  path: string("The file."),
  kind: oneOf("sql: written by pgstep. custom: written by pg_dump, in its custom format.", BACKUP_KINDS),
  origin: oneOf("automatic: made by a run. manual: made by the command backup.", BACKUP_ORIGINS),
  program: stringOrNull("The program that wrote it, with its version; null for pgstep itself."),
  scope: oneOf("All tables, or the tables that a run touches.", ["all", "tables"]),
  tables: list("The tables in the backup.", ref("backedUpTable")),
  bytes: count("The size of the file."),
  verification: oneOf("The verification: of the contents only, or with a test restore.", VERIFICATIONS),
  removed: list("The older backups that were removed.", TEXT),
  durationMs: MILLISECONDS,
};

export const VALUES = {
  failure: object("Why a command failed.", { type: only("The same as in a line.", "failure"), ...FAILURE_FIELDS }),
  failureCode: oneOf("Explained in docs/errors.md.", Object.keys(FAILURES) as FailureCode[]),
  backedUpTable: object("A table in a backup.", {
    name: string("With its schema, quoted where SQL requires it."),
    rows: count("The number of rows in the backup."),
    checksum: string("SHA-256 of the rows in COPY format."),
  }),
  madeBackup: object("A backup that was made.", BACKUP_FIELDS),
  backupEntry: object("An existing backup, described by its file name.", {
    database: string("The database's name."),
    version: string("The newest applied version at that time; 0 for none."),
    time: string("The start time, in UTC."),
    kind: oneOf("sql: written by pgstep. custom: written by pg_dump, in its custom format.", BACKUP_KINDS),
    origin: oneOfOrNull("automatic: made by a run. manual: by the command backup. null: unknown.", BACKUP_ORIGINS),
    path: string("The file."),
    bytes: count("Its size."),
  }),
  restorePlan: object("The changes that a restore is about to make.", {
    database: DATABASE,
    databaseName: string("The name that must be confirmed."),
    path: string("The backup."),
    createdAt: string("The time of the backup."),
    replacesAll: yesOrNo(
      "True if everything in the database is deleted first; otherwise only the tables are replaced.",
    ),
    tables: list("The tables in the backup.", TEXT),
    pendingAgain: list("Versions that are removed from the history.", TEXT),
    appliedAgain: list("Versions that are added to the history again.", TEXT),
  }),
  writtenFile: object("A file that was written, or would be.", {
    path: string("As given by the user."),
    change: oneOf("The change, made or needed.", ["created", "changed", "removed", "none"]),
  }),
  initializedFile: object("A file of a project.", {
    path: string("Below the working directory."),
    change: oneOf("none: it was there and stays as it is.", ["created", "changed", "none"]),
    scripts: list("The names of the npm scripts that were added to it.", TEXT),
  }),
  sealedProgram: object("A file that was written.", {
    path: string("As given by the user."),
    size: count("Bytes."),
    sha256: string("SHA-256 of the file, in hexadecimal digits."),
  }),
  step: object("A migration in one direction.", STEP),
  stepReport: object("The outcome of a migration.", {
    ...STEP,
    outcome: OUTCOME,
    durationMs: countOrNull("Whole milliseconds, if it was applied or undone."),
    inPart: truthOrNull(
      "For a failed migration: true if some of its statements took effect and stay; null for all others.",
    ),
  }),
  repeatableReport: object("The outcome of a repeatable migration.", REPEATABLE_REPORT),
  hookReport: object("A hook that ran.", HOOK_REPORT),
  repeatableEntry: object("A repeatable migration.", {
    name: REPEATABLE_REPORT.name,
    state: oneOf("The state, from files and records.", [
      "unchanged",
      "changed",
      "new",
      "dropped",
      "missing",
      "skipped",
    ]),
    file: stringOrNull("The file; null when it is missing."),
    appliedAt: stringOrNull("UTC, ISO 8601 without offset; null if it was never applied."),
  }),
  entry: object("A version of a migration.", {
    version: STEP.version,
    description: STEP.description,
    state: oneOf("The state, from files and history.", [
      "applied",
      "pending",
      "changed",
      "missing",
      "out-of-order",
      "skipped",
      "unfinished",
    ]),
    file: stringOrNull("The up file; null when it is missing."),
    downFile: stringOrNull("The down file; null when there is none."),
    environments: list("The environments that it is for; empty for all.", TEXT),
    appliedAt: stringOrNull("UTC, ISO 8601 without offset; null when it is not applied."),
    appliedBy: stringOrNull("The role that applied it."),
    durationMs: countOrNull("The duration in whole milliseconds."),
    appliedChecksum: stringOrNull("SHA-256 of the file when it was applied, in hexadecimal digits."),
    fileChecksum: stringOrNull("SHA-256 of the file now."),
    toolVersion: stringOrNull("The version of pgstep that applied it."),
  }),
  ...CHECK_VALUES,
  ...PLAN_VALUES,
  place: object("A file and a position in it.", {
    path: string("As given by the user."),
    line: countOrNull("From 1.", 1),
    column: countOrNull("From 1, in code points.", 1),
    sourceLine: stringOrNull("The text of that line."),
  }),
  serverMessage: object("A message from the server; the fields have PostgreSQL's names.", {
    severity: string("ERROR, WARNING, NOTICE ..."),
    code: string("SQLSTATE.", { pattern: "^[0-9A-Z]{5}$" }),
    message: string("The message."),
    detail: stringOrNull("DETAIL."),
    hint: stringOrNull("HINT."),
    where: stringOrNull("CONTEXT, one call a line."),
    schema: stringOrNull("The schema it is about."),
    table: stringOrNull("The table."),
    column: stringOrNull("The column."),
    constraint: stringOrNull("The constraint."),
  }),
  sessionHolder: object("A session that holds pgstep's lock.", {
    kind: only("The kind of holder.", "session"),
    pid: countOrNull("Its process ID on the server."),
    user: USER,
    application: APPLICATION,
    address: stringOrNull("The client's IP address; null for a Unix socket."),
    connectedAt: stringOrNull("The start of the session, UTC in ISO 8601."),
  }),
  leaseHolder: object("A run behind a transaction pooler, which holds the lock as a lease.", {
    kind: only("The kind of holder.", "lease"),
    owner: string("The run's description of itself."),
    pid: countOrNull("The server process of its current transaction or statement, which serves other clients later."),
    expiresAt: stringOrNull("The time when the lease expires, UTC in ISO 8601."),
    isExpired: yesOrNo("The lease has expired, but its last statement is still running."),
    hiddenFrom: stringOrNull("The role that may not see whether that statement is still running; null if it is known."),
  }),
  blocker: object("A session or prepared transaction that holds up the run, directly or through others.", {
    pid: countOrNull("Its process ID on the server; null for a prepared transaction."),
    preparedAs: stringOrNull("The name of a prepared transaction, for ROLLBACK PREPARED; null for a session."),
    user: USER,
    application: APPLICATION,
    backendType: stringOrNull("Its backend_type in pg_stat_activity: client backend, autovacuum worker ..."),
    state: stringOrNull("Its state in pg_stat_activity: active, idle in transaction ...; or prepared."),
    since: stringOrNull("The start of its transaction, UTC in ISO 8601."),
    ageMs: countOrNull("The age of its transaction by the server's clock, in whole milliseconds."),
    query: stringOrNull(`The start of its last query, ${MASKED_QUERY}`),
    waitsFor: list(
      "The process IDs that it waits for itself, 0 for a prepared transaction; empty if it does not wait.",
      PROCESS_ID,
    ),
  }),
  runActivity: object("The current work of a run's server process, and who holds it up.", {
    state: stringOrNull("Its state in pg_stat_activity: active, idle in transaction ..."),
    query: stringOrNull(`The start of its statement, ${MASKED_QUERY}`),
    ageMs: countOrNull("The time since that statement began, in whole milliseconds."),
    progress: refOrNull("serverProgress", "The progress of the statement, if the server reports any."),
    ...BLOCKERS,
  }),
  serverProgress: object("The progress of a statement, from the server's views pg_stat_progress_*.", {
    command: string("CREATE INDEX CONCURRENTLY, REINDEX, COPY FROM, VACUUM, VACUUM FULL, CLUSTER, ANALYZE ..."),
    phase: stringOrNull("The phase of the command; null for COPY."),
    shares: list("What this phase counts.", ref("share")),
  }),
  share: object("A number of units out of a total.", {
    unit: oneOf("The unit; sessions: the sessions that the statement waits for, one after the other.", UNITS),
    done: count("The number of finished units."),
    total: count("The total; 0 if it is unknown."),
  }),
  inventory: object("The objects that a reset deletes.", {
    databaseName: string("The database's name."),
    schemas: list("The names of the schemas.", TEXT),
    objects: counts("The number of objects of each kind, under PostgreSQL's names: table, view ..."),
    estimatedRows: count("The planner's estimate for all tables with statistics."),
    uncountedTables: count("The number of tables not in the estimate: without statistics, and too large to count."),
  }),
  setting: object("A setting, resolved from all sources.", {
    name: string("Its name in the project file."),
    flag: string("Its flag, without the dashes."),
    variables: list("Environment variables for the same setting.", TEXT),
    value: stringOrNull("In the form that the flag takes, without passwords; null if it has no value."),
    source: oneOf("The kind of source of the value.", [
      "flag",
      "option",
      "environment",
      "env-file",
      "project-file",
      "default",
    ]),
    origin: string("The flag, variable or file position that set it, for people."),
  }),
  connectionValue: object("One value to connect with.", {
    name: string("libpq's name, or url for an embedded database."),
    value: string("With passwords masked."),
    origin: string("The flag, variable or file position that set it."),
  }),
};
