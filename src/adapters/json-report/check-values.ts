import { RULE_GROUPS } from "../../core/check/rule.ts";
import type { Finding } from "../../core/failure/failure.ts";
import { LEVELS, PRESETS } from "../../core/findings/levels.ts";
import type { Blocked } from "../../core/trace/lock-modes.ts";
import { count, list, object, oneOf, ref, refOrNull, string, stringOrNull, TEXT, yesOrNo } from "./kinds.ts";

const DRIFT_STATES = ["added", "missing", "changed"] as const;

const FINDING = {
  rule: string<Finding["rule"]>("A stable name, e.g. duplicate-version."),
  severity: oneOf("An error stops a run. Only check has notes.", ["error", "warning", "note"]),
  message: string("What was found."),
  hint: stringOrNull("What to do."),
  place: refOrNull("place", "The place of the finding."),
};

/** The fields of the answer of `check --explain`. */
export const RULE_FIELDS = {
  id: string("The name of the rule: rewrites-table."),
  group: oneOf("safety: harm to production. style: types, names, keys and indexes.", RULE_GROUPS),
  severity: oneOf("The severity of its findings, as the settings say.", LEVELS),
  preset: oneOf("The first preset that turns it on.", PRESETS),
  title: string("The first words of its findings."),
  why: string("What happens in production, or why another way is better."),
  recipe: string("The safe or better way, as SQL in which <words> stand for your names."),
  examples: object("Migrations that were tested.", {
    bad: list("The rule finds these.", ref("ruleExample")),
    good: list("The rule accepts these.", ref("ruleExample")),
  }),
};

/** The objects of `validate`, `check` and `drift`. */
export const CHECK_VALUES = {
  schemaChange: object("A difference of two schemas.", {
    change: oneOf("added: only in the second. removed: only in the first.", ["added", "removed", "changed"]),
    object: string("The kind and name of the object."),
    details: list("What has changed, in words.", TEXT),
  }),
  finding: object("An error or warning about files and history.", FINDING),
  checkFinding: object("A finding of check.", {
    ...FINDING,
    end: refOrNull("position", "The end of what it is about, after its last character; null if it is unknown."),
    why: stringOrNull("What happens in production, or why another way is better; null if no rule of check found it."),
    recipe: stringOrNull("The safe or better way, as SQL in which <words> stand for your names; null as above."),
  }),
  driftedObject: object("An object of the database that is not as the applied migrations make it.", {
    state: oneOf("added: only in the database. missing: not in the database. changed: different there.", DRIFT_STATES),
    kind: string("PostgreSQL's term: table, column, index, privileges ..."),
    name: string("The object, with its schema."),
    within: stringOrNull("The relation or object that contains it; null for a top-level object."),
    details: list("How a changed object differs, in words; of privileges, the list of them.", TEXT),
    database: stringOrNull("The SQL of the object in the database; null if it is missing there."),
    migrations: stringOrNull("The SQL of the object as the migrations make it; null if they do not."),
  }),
  lastApply: object("The schema compared with its fingerprint of the last apply.", {
    state: oneOf("not-comparable: the fingerprint has an older or newer format.", [
      "same",
      "changed",
      "not-comparable",
    ]),
    recordedAt: string("When the fingerprint was recorded, in UTC."),
  }),
  position: object("A position in a file.", {
    line: count("From 1.", 1),
    column: count("From 1, in characters.", 1),
  }),
  ruleExample: object("An example of a rule. A test runs it.", {
    given: stringOrNull("Earlier migrations, as SQL; null if there are none."),
    sql: string("The migration, as SQL."),
  }),
  syntaxCheck: object("What PostgreSQL's own parser read of the files.", {
    parser: count("The major version of PostgreSQL that the parser is from."),
    parsed: count("The number of parsed statements, with those that have errors."),
    unparsed: list("What was not parsed, by reason; empty for nothing.", ref("unparsed")),
  }),
  unparsed: object("Statements that were not parsed, or not completely.", {
    reason: oneOf(
      "large: above 1 MB. copy-rows: parsed, but not the rows of the COPY. placeholders: the values are known in another environment. strings: backslashes while the file has standard_conforming_strings off. parser: the parser gave no verdict, for example because of deep nesting.",
      ["large", "copy-rows", "placeholders", "strings", "parser"],
    ),
    statements: count("The number of statements."),
  }),
  usedSizes: object("The sizes of tables, and what they changed.", {
    source: string("The file of statistics, or the database."),
    takenOn: string("The day, in UTC: 2026-01-31."),
    ageDays: count("The days since then."),
    isOld: yesOrNo("They are older than 30 days."),
    smallBytes: count("The size below which a table is small, with its indexes."),
    small: count("The number of findings that are notes because the tables are small."),
    missing: list("Tables with findings whose sizes are unknown.", TEXT),
  }),
  downTests: object("Down scripts that were tested, by outcome.", {
    proved: count("They restore the schema, and the migration can be applied again."),
    different: count("They do not restore the schema, or the migration cannot be applied again."),
    failed: count("A statement failed."),
    untested: count("pgstep could not test them."),
  }),
  replay: object("Migrations that were run to check them.", {
    database: string("The empty database that they were run on."),
    applied: count("The number of applied migrations."),
    downs: ref("downTests", "The down scripts."),
    downRows: ref("triedDowns", "The down scripts that were tried on tables with a made-up row."),
    examined: list("The paths of the files whose statements were examined.", TEXT),
    notRun: list("The paths of the files that were not run, because one before them failed.", TEXT),
    leftOut: list("Statements that were not run, because they reach beyond the database.", ref("place")),
    rows: ref("triedRows", "The tables that had a row while the examined files were tried."),
    standIns: list("The stand-ins that took the place of what the embedded database lacks.", ref("standIn")),
    roles: list("The roles that the files name and none of them creates; the embedded database got them.", TEXT),
  }),
  mergeTest: object(
    "The new migrations of this branch and those that its base has got meanwhile, run in both orders.",
    {
      base: string('The newest commit of the base: "origin/main at a1b2c3d".'),
      own: count("How many migrations only this branch has."),
      theirs: count("How many migrations only the base has."),
      outcome: oneOf(
        "same: both orders make the same schema. different: they do not. fails: a migration fails in one order. untested: they could not be run in both orders.",
        ["same", "different", "fails", "untested"],
      ),
      because: stringOrNull("Why they could not be run; null if they were."),
    },
  ),
  triedRows: object("Tables with a row: of an earlier migration, or made up.", {
    tables: count("The number of these tables."),
    without: list("Tables of which no row could be made up, as SQL names them.", TEXT),
  }),
  triedDowns: object("Down scripts on tables with a made-up row; those that cannot lose any are not counted.", {
    tried: count("They ran on rows; what they lose is a finding."),
    untried: count("They cannot run in one transaction with their migration, or no row fits both."),
    leftOut: count("They are left out, because only the newest five are tried."),
  }),
  standIn: object("A stand-in for what the embedded database lacks.", {
    extension: stringOrNull("The extension's name; null for server.sql, which stands for everything else."),
    path: stringOrNull("The path of the project's file; null for a stand-in of pgstep."),
  }),
  checkedStatement: object("A statement, and what it was seen to do.", {
    place: ref("place", "The start of the statement."),
    statement: string("The first 200 characters of the statement, on one line."),
    touches: list("One for each relation.", ref("touch")),
  }),
  touch: object("What a statement was seen to do to a relation.", {
    relation: string("As SQL names it, without the schema public."),
    lock: string("The strongest lock that its transaction then held, e.g. ACCESS EXCLUSIVE."),
    blocks: stringOrNull<Blocked>(
      "What it keeps others from until COMMIT: reads and writes, or writes; null for neither.",
    ),
    rewritten: yesOrNo("All rows were rewritten."),
    scanned: yesOrNo("All rows were read."),
  }),
} as const;
