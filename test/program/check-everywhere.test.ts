import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { Example } from "../../src/core/check/rule.ts";
import { CHECK_RULES } from "../../src/core/findings/check-rules.ts";
import { CORPORA, type Corpus, NO_CORPORA, plainCorpora } from "../support/corpora.ts";
import { temporaryPlace } from "../support/place.ts";
import { type FetchedMajor, fetchPostgres, type Major } from "../support/postgres-binaries.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, RUNTIMES, type RuntimeName, run } from "../support/program.ts";

/*
 * `check` finds the same in the embedded database and on servers, and on each runtime. PGSTEP_EVERYWHERE=1, which
 * `npm run test:check` sets, adds the other versions, all runtimes, and directories of other projects.
 */

const IS_LONG = process.env.PGSTEP_EVERYWHERE === "1";
const FETCHED: readonly FetchedMajor[] = IS_LONG ? [14, 16, 17] : [];
/** The embedded database is PostgreSQL 18, too. */
const MAJORS: readonly Major[] = IS_LONG ? [15, 18, ...FETCHED] : [15];
/** What PostgreSQL 14 lacks, and what 15 and 16 lack. */
const NEW = { 15: /\bMERGE\b|security_invoker/, 17: /\bBY SOURCE\b/ };

/** Examples that make objects outside of their schema, or that no trial run survives. */
function isApart({ sql, given = "" }: Example): boolean {
  return /\b(?:SCHEMA|DATABASE|ROLE|OWNED|public)\b|(?:VACUUM FULL|CLUSTER|VACUUM)\s*$/i.test(`${given} ${sql}`);
}

/** One file for what was there before, and one to judge, for each example of each rule. */
function examples(major: number): Record<string, string> {
  const all = CHECK_RULES.filter(({ id }) => id !== "cannot-run-in-transaction").flatMap(
    ({ examples: { bad, good } }) => [...bad, ...good],
  );
  const fitting = all.filter(
    (one) => !isApart(one) && !Object.entries(NEW).some(([since, form]) => major < Number(since) && form.test(one.sql)),
  );
  const files = fitting.flatMap(({ given = "", sql }, index) => {
    const [number, path] = [String(index).padStart(3, "0"), `SET search_path = x${index};`];
    return [
      [`migrations/${number}1_given.sql`, `CREATE SCHEMA x${index};\n${path}\n${given};\n`],
      [`migrations/${number}2_example.sql`, `${path}\n${sql};\n`],
    ];
  });
  const last = "ALTER TYPE mood ADD VALUE 'sad';\nINSERT INTO moods VALUES ('sad');\n";
  files.push(["migrations/9991_mood.sql", "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE moods (m mood);\n"]);
  files.push(["migrations/9992_sad.sql", last]);
  return Object.fromEntries(files);
}

interface Place {
  readonly directory: string;
  readonly flags: readonly string[];
}

/** The findings of one check, without what names its database. */
async function findings(place: Place, runtime: RuntimeName, major?: Major): Promise<readonly string[]> {
  const [file, ...rest] = await programCommand(runtime);
  const shadow = major && (await (await sharedServer(major)).createDatabase());
  const flags = [
    "--dir",
    "migrations",
    "--all",
    "--json",
    "--rules",
    "style=warning",
    "--timeout",
    "0",
    ...place.flags,
  ];
  const url = shadow ? ["--shadow-url", shadow.url] : [];
  const { status, stdout, stderr } = await run([file, ...rest, "check", ...flags, ...url], {
    directory: place.directory,
    timeoutMs: 280_000,
  });
  assert.ok(status === 3 || status === 0, stderr.slice(-2000));
  const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  return report.findings.map(
    ({ rule, severity, message, place: at }: { rule: string; severity: string; message: string; place?: Position }) =>
      [at?.path.split("/").at(-1), at?.line, at?.column, severity, rule, message].join(" "),
  );
}

interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

before(async () => {
  for (const major of FETCHED) await fetchPostgres(major);
});

describe("a check of every rule", () => {
  const placeFor = (major: number): Place => ({
    directory: temporaryPlace("everywhere", examples(major)),
    flags: [],
  });

  test("finds something with each rule, in the embedded database", { timeout: 300_000 }, async () => {
    const found = await findings(placeFor(18), "node");
    const rules = new Set(found.map((one) => one.split(" ")[4]));
    assert.deepEqual(
      CHECK_RULES.map(({ id }) => id).filter((id) => !rules.has(id)),
      [],
    );
  });

  for (const major of MAJORS) {
    test(`finds the same on PostgreSQL ${major}`, { timeout: 300_000 }, async () => {
      const place = placeFor(major);
      assert.deepEqual(await findings(place, "node", major), await findings(place, "node"));
    });
  }

  for (const runtime of IS_LONG ? RUNTIMES : []) {
    test(`finds the same on ${runtime}`, { timeout: 300_000 }, async () => {
      const place = placeFor(18);
      assert.deepEqual(await findings(place, runtime), await findings(place, "node"));
    });
  }
});

/** The up scripts of a corpus, after what they need. */
function corpusPlace({ name, table }: Corpus): Place {
  const [plain, needed] = ["plain", "before.sql"].map((part) => join(CORPORA, name, part)) as [string, string];
  const names = readdirSync(plain).filter((one) => one.endsWith(".sql") && !one.endsWith(".down.sql"));
  const files = names.map((one) => [`migrations/${one}`, readFileSync(join(plain, one), "utf8")]);
  if (existsSync(needed)) files.push(["migrations/000_before.sql", readFileSync(needed, "utf8")]);
  return { directory: temporaryPlace("everywhere", Object.fromEntries(files)), flags: ["--table", table] };
}

const skip = IS_LONG ? NO_CORPORA : "npm run test:check runs it";

describe("a check of directories of other projects", { skip }, () => {
  for (const corpus of skip === false ? plainCorpora() : []) {
    test(corpus.name, { timeout: 1_200_000 }, async (context) => {
      const place = corpusPlace(corpus);
      const expected = await findings(place, "node");
      for (const major of MAJORS) {
        await context.test(`PostgreSQL ${major}`, async () =>
          assert.deepEqual(await findings(place, "node", major), expected),
        );
      }
      for (const runtime of RUNTIMES.slice(1)) {
        await context.test(runtime, async () => assert.deepEqual(await findings(place, runtime), expected));
      }
    });
  }
});
