import { VERIFICATIONS } from "../../core/backup/backup-file.ts";
import { FAILURES, type FailureCode, type Finding } from "../../core/failure/failure.ts";
import { HOOK_MOMENTS } from "../../core/hooks/hook.ts";
import {
  count,
  countOrNull,
  counts,
  DATABASE,
  list,
  MILLISECONDS,
  object,
  oneOf,
  only,
  ref,
  refOrNull,
  string,
  stringOrNull,
  TEXT,
  truth,
  truthOrNull,
} from "./kinds.ts";

/* What stands in the lines of --json in more than one place. */

export const DIRECTIONS = ["up", "down"] as const;

export const OUTCOME = oneOf(
  "applied, undone: committed. failed: refused and rolled back. rolled-back: it had run, and the one transaction around all was rolled back. not-run: nothing of it took effect. lost: the server had confirmed the commit, and does not have it any more. in-doubt: not known.",
  ["applied", "undone", "failed", "rolled-back", "not-run", "lost", "in-doubt"],
);

const STEP = {
  version: string("As the file name spells it, or as it is recorded."),
  name: string("The file's name without its ending."),
  description: string("From the header, else from the file's name."),
  direction: oneOf("Which of its two files is run.", DIRECTIONS),
};

export const REPEATABLE_REPORT = {
  name: string("The file's name without its ending."),
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
  outcome: oneOf(
    "What became of it; in-doubt: the connection was lost, and nothing tells whether its SQL is committed.",
    ["done", "failed", "in-doubt"],
  ),
  durationMs: count("Whole milliseconds."),
};

export const FAILURE_FIELDS = {
  code: ref("failureCode", "Stays the same while words may change."),
  message: string("What could not be done, and why."),
  hint: stringOrNull("What to do about it, in one sentence."),
  place: refOrNull("place", "The file and the place in it."),
  server: refOrNull("serverMessage", "What the server said."),
  findings: list("All faults that were found together.", ref("finding")),
  exitStatus: count("What the process exits with."),
};

const USER = stringOrNull("The role that logged in.");
const APPLICATION = stringOrNull("Its application_name.");

const BACKUP_KINDS = ["sql", "custom"] as const;

export const BACKUP_FIELDS = {
  database: DATABASE,
  path: string("The file."),
  kind: oneOf("Whether pgstep wrote it, as SQL, or pg_dump, in its custom format.", BACKUP_KINDS),
  program: stringOrNull("What wrote it, with its version; null for pgstep itself."),
  scope: oneOf("All tables, or those that a run touches.", ["all", "tables"]),
  tables: list("Whose rows are in it.", ref("backedUpTable")),
  bytes: count("The size of the file."),
  verification: oneOf("How far it was verified: its contents, or a restore elsewhere as well.", VERIFICATIONS),
  removed: list("Older backups that were removed.", TEXT),
  durationMs: MILLISECONDS,
};

export const VALUES = {
  failure: object("Why a command failed.", { type: only("The same as of a line.", "failure"), ...FAILURE_FIELDS }),
  failureCode: oneOf("Explained in docs/errors.md.", Object.keys(FAILURES) as FailureCode[]),
  backedUpTable: object("A table in a backup.", {
    name: string("With its schema, quoted where SQL wants it."),
    rows: count("How many it has there."),
    checksum: string("SHA-256 of them as COPY writes them."),
  }),
  madeBackup: object("A backup that was made.", BACKUP_FIELDS),
  backupEntry: object("A backup that there is, as its name tells.", {
    database: string("The database's name."),
    version: string("The newest applied version then; 0 for none."),
    time: string("When it was begun, in UTC."),
    kind: oneOf("Whether pgstep wrote it, as SQL, or pg_dump, in its custom format.", BACKUP_KINDS),
    path: string("The file."),
    bytes: count("Its size."),
  }),
  restorePlan: object("What a restore is about to do.", {
    database: DATABASE,
    databaseName: string("The name that is asked for."),
    path: string("The backup."),
    createdAt: string("When it was made."),
    replacesAll: truth("Everything in the database is deleted first; else only the tables are replaced."),
    tables: list("Those in the backup.", TEXT),
    pendingAgain: list("Versions that leave the history.", TEXT),
    appliedAgain: list("Versions that come back into it.", TEXT),
  }),
  writtenFile: object("A file that was written, or would be.", {
    path: string("As it was named."),
    change: oneOf("What became of it, or would.", ["created", "changed", "removed", "none"]),
  }),
  initializedFile: object("A file of a project.", {
    path: string("Below the working directory."),
    change: oneOf("none: it was there and stays as it is.", ["created", "changed", "none"]),
    scripts: list("The names of the npm scripts that were added to it.", TEXT),
  }),
  sealedProgram: object("A file that was written.", {
    path: string("As it was named."),
    size: count("Bytes."),
    sha256: string("Of its bytes, in hexadecimal digits."),
  }),
  step: object("A migration in one direction.", STEP),
  stepReport: object("What became of a migration.", {
    ...STEP,
    outcome: OUTCOME,
    durationMs: countOrNull("Whole milliseconds, for what was applied or undone."),
    inPart: truthOrNull(
      "For what failed: whether some of its statements have taken effect and stay; null for the others.",
    ),
  }),
  repeatableReport: object("What became of a repeatable object.", REPEATABLE_REPORT),
  hookReport: object("A hook that ran.", HOOK_REPORT),
  repeatableEntry: object("What is known of a repeatable object.", {
    name: REPEATABLE_REPORT.name,
    state: oneOf("What files and records together say.", [
      "unchanged",
      "changed",
      "new",
      "dropped",
      "missing",
      "skipped",
    ]),
    file: stringOrNull("The file; null when it is missing."),
    appliedAt: stringOrNull("UTC, ISO 8601 without offset; null when it never was."),
  }),
  entry: object("What is known of one version.", {
    version: STEP.version,
    description: STEP.description,
    state: oneOf("What files and history together say.", [
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
    environments: list("For which it is; empty for all.", TEXT),
    appliedAt: stringOrNull("UTC, ISO 8601 without offset; null when it is not applied."),
    appliedBy: stringOrNull("The role."),
    durationMs: countOrNull("Whole milliseconds that it took."),
    appliedChecksum: stringOrNull("SHA-256 in hex, of the file when it was applied."),
    fileChecksum: stringOrNull("The same of the file as it is."),
    toolVersion: stringOrNull("Of the pgstep that applied it."),
  }),
  finding: object("A fault or remark about files and history.", {
    rule: string<Finding["rule"]>("A name that stays the same, e.g. duplicate-version."),
    severity: oneOf("An error stops a run.", ["error", "warning"]),
    message: string("What is the case."),
    hint: stringOrNull("What to do about it."),
    place: refOrNull("place", "Where it is."),
  }),
  rehearsal: object("Migrations that were run to see whether they can be.", {
    database: string("The empty one that they were run on."),
    applied: count("How many were applied."),
    undone: count("How many of them went their way back and were applied again."),
  }),
  place: object("A file and a place in it.", {
    path: string("As the user names it."),
    line: countOrNull("From 1.", 1),
    column: countOrNull("From 1, in code points.", 1),
    sourceLine: stringOrNull("The text of that line."),
  }),
  serverMessage: object("A message of the server, its fields under PostgreSQL's names.", {
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
  sessionHolder: object("A session that has pgstep's lock.", {
    kind: only("Which kind of holder it is.", "session"),
    pid: countOrNull("Its process on the server."),
    user: USER,
    application: APPLICATION,
    address: stringOrNull("The client's IP address; null for a Unix socket."),
    connectedAt: stringOrNull("Since when, UTC in ISO 8601."),
  }),
  leaseHolder: object("A run behind a transaction pooler, which has the lock as a lease.", {
    kind: only("Which kind of holder it is.", "lease"),
    owner: string("Who that is, in the words of the run."),
    expiresAt: stringOrNull("How long the lease is good, UTC in ISO 8601."),
    isExpired: truth("The lease is no longer good, but its last statement has not ended."),
    hiddenFrom: stringOrNull("The role that may not see whether that statement still runs, where nobody knows."),
  }),
  blocker: object("A session that holds a lock which the run waits for.", {
    pid: countOrNull("Its process on the server; null for a prepared transaction."),
    user: USER,
    application: APPLICATION,
    state: stringOrNull("What it does, as pg_stat_activity has it: active, idle in transaction ..."),
    since: stringOrNull("When its transaction began, UTC in ISO 8601."),
    ageMs: countOrNull("How long ago that was by the server's clock, in whole milliseconds."),
    query: stringOrNull("The beginning of its last query, passwords masked; null where placeholders are secret."),
  }),
  indexBuild: object("How far an index is, as pg_stat_progress_create_index has it.", {
    command: string("CREATE INDEX, CREATE INDEX CONCURRENTLY, REINDEX ..."),
    phase: string("What is being done."),
    blocks: ref("share", "Blocks of this phase."),
    rows: ref("share", "Rows of this phase."),
  }),
  share: object("A part of a whole.", {
    done: count("How many are done."),
    total: count("Of how many; 0 where it is not known."),
  }),
  inventory: object("What a reset deletes.", {
    databaseName: string("The database's name."),
    schemas: list("Their names.", TEXT),
    objects: counts("How many there are of each kind, by PostgreSQL's words: table, view ..."),
    estimatedRows: count("The planner's estimate over all tables that it has one for."),
    uncountedTables: count("Tables whose rows are in no estimate: without statistics, and too large to be counted."),
  }),
  setting: object("A setting as all sources together make it.", {
    name: string("As the project file calls it."),
    flag: string("Without its dashes."),
    variables: list("Environment variables that say the same.", TEXT),
    value: stringOrNull("As a flag takes it, without passwords; null when it has none."),
    source: oneOf("What kind of source said it.", [
      "flag",
      "option",
      "environment",
      "env-file",
      "project-file",
      "default",
    ]),
    origin: string("For people: the flag, variable or place that said it."),
  }),
  connectionValue: object("One value that the database would be reached with.", {
    name: string("libpq's name, or url for an embedded database."),
    value: string("Passwords masked."),
    origin: string("The flag, variable or place that said it."),
  }),
};
