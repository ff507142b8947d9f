import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MaskedReporter } from "../../../src/adapters/reporters/masked-reporter.ts";
import { sourceWindow } from "../../../src/adapters/text-report/source-frame.ts";
import { TextReporter } from "../../../src/adapters/text-report/text-reporter.ts";
import { Failure, type FilePlace, type Finding } from "../../../src/core/failure/failure.ts";
import type { Entry, MigrationState } from "../../../src/core/migrations/history.ts";
import type { Plan, Step } from "../../../src/core/migrations/plan.ts";
import type { RunReport, StatusReport, StepOutcome } from "../../../src/core/reports/report.ts";
import { displayWidth } from "../../../src/core/text/display.ts";
import { until } from "../../support/until.ts";

interface Looks {
  readonly columns?: number;
  readonly variables?: Record<string, string>;
  readonly ascii?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly color?: "auto" | "always" | "never";
}

/** A reporter that writes into strings; a terminal when it has columns. */
function reporter(looks: Looks = {}) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: looks.columns !== undefined,
    get columns() {
      return looks.columns ?? 0;
    },
  });
  const { ascii = false, verbose = false, quiet = false, color = "auto", variables = {} } = looks;
  const human = new TextReporter(stream("stdout"), stream("stderr"), { ascii, verbose, quiet, color, variables });
  return { human, written };
}

function entry(version: string, description: string, state: MigrationState): Entry {
  const checksum = "0123456789abcdef";
  const header = {
    transaction: "one" as const,
    lockTimeoutMs: undefined,
    environments: state === "skipped" ? ["development", "test"] : [],
  };
  const path = `database/migrations/${version}_x.sql`;
  const migration = { version, name: `${version}_x`, description, up: { path, header, checksum, size: 1 } };
  const applied = {
    version,
    appliedAt: "2025-10-12T09:30:00.123456",
    description,
    checksum,
    durationMs: 12,
    appliedBy: "app",
    toolVersion: "0.1.0",
    hasDownScript: false,
  };
  return {
    version,
    description,
    state,
    ...(state !== "missing" && { migration }),
    ...((state === "applied" || state === "changed" || state === "missing") && { applied }),
    ...(state === "unfinished" && { unfinished: "up" as const }),
  };
}

function status(entries: readonly Entry[]): StatusReport {
  return {
    type: "status",
    database: "app on localhost:5432",
    environment: undefined,
    entries,
    applied: entries.filter((one) => one.applied).length,
    pending: entries.filter((one) => one.state === "pending").length,
    resetUnfinished: false,
    afterUpUnfinished: false,
    isProtected: false,
    warnings: [],
  };
}

const SPECIFIED = `=== Migration Status ===
Total migrations: 2
Applied migrations: 1
Pending migrations: 1

=== Migration Details ===
001 - Create initial database schema with users, sessions, documents, and memories [✓ Applied]
002 - Add conversations and conversation messages tables for persistent chat history [⏳ Pending]
`;

const TWO = status([
  entry("001", "Create initial database schema with users, sessions, documents, and memories", "applied"),
  entry("002", "Add conversations and conversation messages tables for persistent chat history", "pending"),
]);

describe("status for people", () => {
  test("is the specification's, letter by letter, and nothing else", () => {
    const { human, written } = reporter();
    human.report(TWO);
    assert.deepEqual(written, { stdout: SPECIFIED, stderr: "" });
  });

  test("keeps to ASCII when asked to, and on a dumb terminal, and has no colours there", () => {
    for (const looks of [{ ascii: true }, { columns: 120, variables: { TERM: "dumb" } }]) {
      const { human, written } = reporter(looks);
      human.report(TWO);
      assert.equal(written.stdout, SPECIFIED.replace("[✓ ", "[").replace("[⏳ ", "["));
    }
  });

  test("names every state, counts the unusual ones and says what to do", () => {
    const { human, written } = reporter();
    const states: MigrationState[] = ["applied", "changed", "missing", "out-of-order", "skipped", "unfinished"];
    human.report(status(states.map((state, index) => entry(`00${index + 1}`, state, state))));
    assert.match(written.stdout, /Changed after apply: 1\nFiles missing: 1\nOut of order: 1\n/);
    for (const marker of [
      "[✎ Changed]",
      "[? File missing]",
      "[! Out of order]",
      "[- Only for development, test]",
      "[✗ Applied in part]",
    ]) {
      assert.ok(written.stdout.includes(marker), marker);
    }
    assert.match(written.stderr, /help: 002 was changed after being applied: .*pgstep repair/);
  });

  test("has more columns when verbose", () => {
    const { human, written } = reporter({ verbose: true });
    human.report(TWO);
    assert.match(
      written.stdout,
      /\n {4}2025-10-12 09:30:00 UTC {2}12 ms {2}app {2}01234567 {2}database\/migrations\/001_x\.sql\n/,
    );
    assert.match(written.stdout, /Database: app on localhost:5432\n/);
  });

  test("says how to begin when there is nothing", () => {
    const { human, written } = reporter();
    human.report(status([]));
    assert.match(written.stdout, /Total migrations: 0\n[\s\S]*pgstep new <description>/);
  });
});

describe("colours", () => {
  const colored = (looks: Looks) => {
    const { human, written } = reporter(looks);
    human.report(TWO);
    return written.stdout.includes("\x1b[");
  };
  test("follow the terminal, unless they are asked for or refused", () => {
    assert.equal(colored({}), false);
    assert.equal(colored({ columns: 80 }), true);
    assert.equal(colored({ columns: 80, variables: { TERM: "dumb" } }), false);
    assert.equal(colored({ columns: 80, color: "never" }), false);
    assert.equal(colored({ color: "always" }), true);
  });
});

describe("characters beyond ASCII", () => {
  const unicode = (looks: Looks) => {
    const { human, written } = reporter(looks);
    human.report(TWO);
    return written.stdout.includes("\u2713");
  };
  test("are used but where the terminal's locale or kind speaks against them", () => {
    assert.equal(unicode({ columns: 80 }), true);
    assert.equal(unicode({ columns: 80, variables: { LANG: "de_DE.UTF-8" } }), true);
    assert.equal(unicode({ columns: 80, variables: { LANG: "C" } }), false);
    assert.equal(unicode({ columns: 80, variables: { LC_ALL: "POSIX", LANG: "en_US.utf8" } }), false);
    assert.equal(unicode({ columns: 80, variables: { LC_ALL: "", LC_CTYPE: "C.UTF-8", LANG: "C" } }), true);
    assert.equal(unicode({ columns: 80, variables: { TERM: "linux", LANG: "C.UTF-8" } }), false);
    assert.equal(unicode({ columns: 80, ascii: true }), false);
  });

  test("go into pipes and files whatever the locale, since other programs read them", () => {
    assert.equal(unicode({ variables: { LANG: "C", TERM: "dumb" } }), true);
  });
});

describe("a line and its caret", () => {
  /** What stands above the caret. */
  const above = (line: string, column: number, room: number) => {
    const { text, caret } = sourceWindow(line, column, room, "…");
    assert.ok(displayWidth(text) <= room, `${displayWidth(text)} columns`);
    let width = 0;
    for (const character of text) {
      if (width === caret) return character;
      width += displayWidth(character);
    }
    return width === caret ? "end" : "beside";
  };

  test("tabs, emoji, wide letters and combining marks before it", () => {
    assert.equal(above("\t\tuser_id X", 11, 80), "X");
    assert.equal(above("'🐘🐘' X", 6, 80), "X");
    assert.equal(above("'漢字' X", 6, 80), "X");
    assert.equal(above("'e\u0301' X", 6, 80), "X");
    assert.equal(above("'\x1b[31m' X", 9, 80), "X");
  });

  test("behind the end of the line", () => {
    assert.equal(above("SELECT", 7, 80), "end");
    assert.equal(above("SELECT", 99, 80), "end");
    assert.equal(above("", 1, 80), "end");
  });

  test("anywhere in a line that is too long", () => {
    for (const column of [1, 5, 60, 5_000, 9_999, 10_000]) {
      const line = `${"漢a\t".repeat(4_000).slice(0, column - 1)}X${"🐘b".repeat(4_000)}`;
      assert.equal(above(line, column, 60), "X", `column ${column}`);
    }
    assert.equal(above("x".repeat(200), 201, 60), "end");
    const cut = sourceWindow(`${"a".repeat(100)}X${"b".repeat(100)}`, 101, 40, "…");
    assert.ok(cut.text.startsWith("…a") && cut.text.endsWith("b…"), cut.text);
  });

  test("a line of ten megabytes is not looked at as a whole", () => {
    const line = `${"a".repeat(10_000_000)}X`;
    assert.equal(above(line, 10_000_001, 80), "X");
  });
});

const PLACE: FilePlace = {
  path: "database/migrations/002_x.sql",
  line: 14,
  column: 32,
  sourceLine: "  user_id bigint NOT NULL REFERENCES user (id)".replace("NOT NULL ", ""),
};

describe("a failure", () => {
  test("shows its place, its line with a caret, and all the server said", () => {
    const { human, written } = reporter();
    human.failure(
      new Failure("statement-failed", 'Cannot apply 002_x: relation "user" does not exist (42P01)', {
        place: PLACE,
        hint: "Create it first.",
        server: {
          severity: "ERROR",
          code: "42P01",
          message: 'relation "user" does not exist',
          detail: "Some detail.",
          hint: "Some hint.",
          where: "PL/pgSQL function a() line 1\nSQL statement",
        },
      }),
    );
    assert.equal(written.stdout, "");
    assert.equal(
      written.stderr,
      `error: Cannot apply 002_x: relation "user" does not exist (42P01)
  --> database/migrations/002_x.sql:14:32
   |
14 |   user_id bigint REFERENCES user (id)
   |                                ^
DETAIL: Some detail.
HINT: Some hint.
CONTEXT: PL/pgSQL function a() line 1
  SQL statement
help: Create it first.
`,
    );
  });

  test("shows the statement inside a function that failed", () => {
    const { human, written } = reporter();
    const server = {
      severity: "ERROR",
      code: "42703",
      message: 'column "b" does not exist',
      internalQuery: "SELECT a,\n  b FROM t",
      internalPosition: 13,
    };
    human.failure(new Failure("statement-failed", "Cannot apply 002_x: it failed", { server }));
    assert.equal(written.stderr, `error: Cannot apply 002_x: it failed (42703)\nQUERY:   b FROM t\n         ^\n`);
  });

  test("lets no control character and no password of a URL through", () => {
    const { human, written } = reporter();
    new MaskedReporter(human).failure(
      new Failure("connection-failed", "Cannot reach \x1b[2Jpostgres://u:se:cr%40et@h/db: \u202ebad\r\n\x07", {
        place: { path: "a\nb\x1b.sql" },
        findings: [{ rule: "gap", severity: "error", message: "\x9b31m" }],
      }),
    );
    assert.doesNotMatch(written.stderr, /(?!\n)[\p{Cc}\u202e]|se:cr/u);
    assert.match(written.stderr, /\\x1b\[2Jpostgres:\/\/u:\*\*\*@h\/db: \\u202ebad/);
  });

  test("of 200 findings takes about a line for each, and ends with the failure", () => {
    const { human, written } = reporter();
    const findings = Array.from({ length: 200 }, (_, index): Finding => {
      const place = { path: `m/${index}.sql` };
      return { rule: "bad-name", severity: "error", message: "not a name", hint: "Rename it.", place };
    });
    human.failure(new Failure("files-unsound", "Cannot run migrations: 200 problems in the files", { findings }));
    const lines = written.stderr.trimEnd().split("\n");
    assert.equal(lines.length, 203);
    assert.equal(lines[0], "m/0.sql: error: not a name");
    assert.equal(lines[200], "  help: Rename it.");
    assert.equal(lines.at(-1), "error: Cannot run migrations: 200 problems in the files");
  });

  test("that is a bug shows its stack and asks for a report", () => {
    const { human, written } = reporter();
    human.bug(new TypeError("x is not a function"));
    assert.match(written.stderr, /^pgstep has a bug: TypeError: x is not a function\n {4}at /);
    assert.match(written.stderr, /report it/);
  });
});

function step(name: string, direction: "up" | "down" = "up"): Step {
  return { direction, version: name.slice(0, 3), name, description: "", script: undefined };
}

function run(outcomes: readonly (readonly [string, StepOutcome])[], more: Partial<RunReport> = {}): RunReport {
  const steps = outcomes.map(([name, outcome]) => {
    const { version, description } = step(name);
    const done = outcome === "applied" || outcome === "undone";
    const direction = outcome === "undone" ? ("down" as const) : ("up" as const);
    return { version, name, description, direction, outcome, ...(done && { durationMs: 12 }) };
  });
  const database = "app on localhost:5432";
  return { type: "run", command: "up", database, dryRun: false, steps, alreadyApplied: 0, durationMs: 45, ...more };
}

describe("a run", () => {
  const tell = (report: RunReport, looks: Looks = {}) => {
    const { human, written } = reporter(looks);
    const plan: Plan = {
      steps: report.steps.map(({ name, direction }) => step(name, direction)),
      skipped: [],
      warnings: [],
    };
    human.event({ type: "planned", database: report.database, plan, dryRun: report.dryRun });
    for (const [index, { outcome }] of report.steps.entries()) {
      const planned = plan.steps[index];
      if (planned && (outcome === "applied" || outcome === "undone")) {
        human.event({ type: "step-started", step: planned, statements: 2 });
        human.event({ type: "step-finished", step: planned, outcome, durationMs: 12 });
      }
    }
    human.report(report);
    human.close();
    return written;
  };

  test("tells of each step as it is done, then sums up", () => {
    const { stdout, stderr } = tell(
      run([
        ["001_initial_schema", "applied"],
        ["002_add", "applied"],
      ]),
    );
    assert.equal(stdout, "✓ 001_initial_schema  12 ms\n✓ 002_add             12 ms\nApplied 2 migrations in 45 ms.\n");
    assert.equal(stderr, "Running 2 steps on app on localhost:5432\n");
  });

  test("with nothing to do says so", () => {
    assert.equal(tell(run([], { alreadyApplied: 12 })).stdout, "Nothing to do: 12 migrations are already applied.\n");
    assert.equal(tell(run([], { alreadyApplied: 1 })).stdout, "Nothing to do: 1 migration is already applied.\n");
    assert.equal(tell(run([], { command: "down" })).stdout, "Nothing to do: no migration is applied.\n");
  });

  test("that failed says what was applied, what failed and what was not run", () => {
    const failure = new Failure("statement-failed", "Cannot apply 002_x: no");
    const { stdout, stderr } = tell(
      run(
        [
          ["001_a", "applied"],
          ["002_x", "failed"],
          ["003_b", "not-run"],
        ],
        { failure },
      ),
    );
    assert.equal(
      stdout,
      "✓ 001_a  12 ms\n✗ 002_x  failed\n· 003_b  not run\nApplied 1 of 3 migrations in 45 ms; 002_x failed; 1 was not run.\n",
    );
    assert.match(stderr, /\nerror: Cannot apply 002_x: no\n/);
  });

  test("does not list hundreds that were not run", () => {
    const rest = Array.from({ length: 300 }, (_, index) => [`${200 + index}_x`, "not-run"] as const);
    const { stdout } = tell(run([["001_a", "failed"], ...rest], { failure: new Failure("statement-failed", "no") }));
    assert.ok(stdout.split("\n").length < 30);
    assert.match(stdout, / {2}… and 281 more\n/);
  });

  test("tells of steps whose outcome was looked up after a loss", () => {
    const { human, written } = reporter();
    human.report(run([["001_a", "applied"]], { failure: new Failure("connection-lost", "Cannot go on") }));
    assert.match(written.stdout, /^✓ 001_a {2}12 ms\nApplied 1 of 1 migration in 45 ms\.\n$/);
  });

  test("that is dry shows the plan", () => {
    const { stdout } = tell(run([["001_a", "not-run"]], { dryRun: true }));
    assert.match(
      stdout,
      /^Would apply 1 migration in this order, on app on localhost:5432:\n {2}up {3}001_a\nNothing was written\.\nTo see what that locks, blocks and destroys, run pgstep plan\n$/,
    );
  });

  test("of redo tells the way down from the way up", () => {
    const { stdout } = tell(
      run(
        [
          ["002_x", "undone"],
          ["002_x", "applied"],
        ],
        { command: "redo" },
      ),
    );
    assert.equal(stdout, "↓ 002_x  undone  12 ms\n✓ 002_x  12 ms\nUndid and reapplied 1 migration in 45 ms.\n");
  });
});

describe("on a narrow terminal", () => {
  const NAME = "002_index_users_by_their_names_concurrently";
  const widest = (text: string) => Math.max(...text.split("\n").map(displayWidth));

  test("every line fits, and what is cut keeps its version", () => {
    const { human, written } = reporter({ columns: 40, color: "never" });
    const planned = step(NAME);
    const failure = new Failure("statement-failed", `Cannot apply ${NAME}: relation "a" does not exist (42P01)`, {
      place: PLACE,
      hint: "Create the table first, or write the name of one that is there; then run pgstep up again.",
    });
    human.event({
      type: "planned",
      database: "app on localhost:5432",
      plan: { steps: [planned], skipped: [], warnings: [] },
      dryRun: false,
    });
    human.event({ type: "step-finished", step: planned, outcome: "applied", durationMs: 12 });
    human.report(run([[NAME, "failed"]], { failure }));
    assert.match(written.stdout, /^✓ 002_index_users_b… {2}12 ms$/m);
    // A name alone on a line has nowhere to be broken.
    assert.ok(widest(written.stdout.replace(NAME, "")) <= 40, written.stdout);
    assert.ok(widest(written.stderr.replace(NAME, "")) <= 40, written.stderr);
    assert.match(
      written.stderr,
      /^help: Create the table first, or write\n {6}the name of one that is there;\n {6}then run pgstep up again\.$/m,
    );
  });

  test("a name is cut for the width that the terminal has by then", () => {
    const looks = { columns: 120, color: "never" as const };
    const { human, written } = reporter(looks);
    const planned = step(NAME);
    const plan = { steps: [planned], skipped: [], warnings: [] };
    human.event({ type: "planned", database: "app", plan, dryRun: false });
    looks.columns = 40;
    human.event({ type: "step-finished", step: planned, outcome: "applied", durationMs: 12 });
    assert.equal(written.stdout, "✓ 002_index_users_b…  12 ms\n");
  });

  test("nothing is broken or cut in a pipe", () => {
    const { human, written } = reporter();
    const hint = "word ".repeat(200).trim();
    human.failure(new Failure("settings", "Cannot go on", { hint }));
    assert.ok(written.stderr.includes(`help: ${hint}\n`));
  });

  test("findings in many lines stand below their place", () => {
    const { human, written } = reporter({ columns: 40, color: "always" });
    const finding: Finding = {
      rule: "gap",
      severity: "error",
      message: "a word ".repeat(12).trim(),
      place: { path: "m/1.sql", line: 3 },
    };
    human.event({ type: "warning", finding });
    const plain = written.stderr.replace(new RegExp(`${"\\x1b"}\\[[0-9;]*m`, "g"), "");
    assert.ok(widest(plain) <= 40, plain);
    assert.match(plain, /^m\/1\.sql:3: error: a word a word a word a\n {2}word /);
  });
});

describe("verbose and quiet", () => {
  const events = (looks: Looks) => {
    const { human, written } = reporter(looks);
    const planned = step("001_a");
    const place = { path: "m/001_a.sql", line: 7, column: 3 };
    human.event({
      type: "planned",
      database: "app",
      plan: { steps: [planned], skipped: [], warnings: [] },
      dryRun: false,
    });
    human.event({ type: "step-started", step: planned, statements: 2 });
    human.event({
      type: "statement-finished",
      step: planned,
      statement: 1,
      statements: 2,
      command: "INSERT",
      rowCount: 1_200,
      place,
      durationMs: 3.4,
    });
    human.event({
      type: "statement-finished",
      step: planned,
      statement: 2,
      statements: 2,
      command: "CREATE TABLE",
      rowCount: null,
      place: { ...place, line: 9 },
      durationMs: 1_250,
    });
    for (const severity of ["NOTICE", "WARNING"])
      human.event({ type: "notice", message: { severity, code: "00000", message: "m" } });
    human.event({ type: "lock-waiting", holder: undefined, activity: undefined, waitedMs: 10 });
    human.event({ type: "step-finished", step: planned, outcome: "applied", durationMs: 5 });
    human.report(run([["001_a", "applied"]]));
    return written;
  };

  test("verbose tells of each statement: its line, number, command, rows and time", () => {
    const { stderr } = events({ verbose: true });
    assert.match(
      stderr,
      /^ {2}m\/001_a\.sql:7 {2}1\/2 {2}INSERT {2}1,200 rows {2}3 ms\n {2}m\/001_a\.sql:9 {2}2\/2 {2}CREATE TABLE {2}1\.3 s$/m,
    );
  });

  test("quiet leaves warnings, and is stronger than verbose", () => {
    assert.deepEqual(events({ quiet: true, verbose: true }), { stdout: "", stderr: "WARNING: m\n" });
  });

  test("quiet tells errors: of a run, of findings, and of the status", () => {
    const { human, written } = reporter({ quiet: true });
    human.report(run([["001_a", "failed"]], { failure: new Failure("statement-failed", "Cannot apply 001_a: no") }));
    human.report({
      type: "validation",
      database: undefined,
      migrations: 1,
      findings: [{ rule: "gap", severity: "warning", message: "odd" }],
    });
    human.report({ ...TWO, warnings: [{ rule: "gap", severity: "warning", message: "a gap" }] });
    assert.deepEqual(written, { stdout: "", stderr: "error: Cannot apply 001_a: no\nwarning: odd\nwarning: a gap\n" });
  });
});

test("on a terminal the progress line counts the statements of the running step", async () => {
  const { human, written } = reporter({ columns: 80 });
  const planned = step("001_a");
  human.event({ type: "step-started", step: planned, statements: 2 });
  human.event({
    ...{ type: "statement-finished", step: planned, statement: 1, statements: 2, command: "INSERT", rowCount: 7 },
  });
  await until(() => written.stderr.includes("statement 2 of 2, 7 rows"));
  human.close();
});
