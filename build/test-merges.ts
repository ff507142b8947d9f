import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Judgement, judge } from "../test/merges/both-orders.ts";
import { type Expected, filesOf, type MergePair, PAIRS, type PairFiles, type PlainFile } from "../test/merges/pairs.ts";
import { CORPORA, NO_CORPORA, plainCorpora } from "../test/support/corpora.ts";
import { findPgDump } from "../test/support/pg-dump.ts";
import { temporaryPlace } from "../test/support/place.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { run } from "../test/support/program.ts";
import { makeRepository } from "../test/support/repository.ts";
import { ensureBuilt } from "./ensure-built.ts";

/*
 * `npm run test:merges`: migrations of other projects as two branches would have them. The outcome of `check` for each pair
 * is compared with the list's, and the list's with what psql makes of both orders, by pg_dump. Words after `--` select
 * pairs by their names: `npm run test:merges -- cratesio`.
 */

const MAJOR = 15;
const MIGRATIONS = "database/migrations";

const pgDump = findPgDump(MAJOR);
const skip = NO_CORPORA || (pgDump === undefined && `there is no pg_dump ${MAJOR} with --restrict-key`);
if (skip) {
  console.log(`skipped: ${skip}`);
  process.exit(0);
}

const words = process.argv.slice(2);
const pairs = PAIRS.filter((pair) => words.length === 0 || words.some((word) => nameOf(pair).includes(word)));
if (pairs.length === 0) throw new Error(`No pair has a name with ${words.join(" or ")}`);
const program = await ensureBuilt();
const server = await startPostgres({ major: MAJOR });
let wrong = 0;
try {
  console.log("| directory | common | this branch | the base | outcome | time of check |");
  console.log("|---|---:|---|---|---|---:|");
  for (const pair of pairs) {
    await tryPair(pair).catch((error: unknown) => {
      wrong++;
      console.log(`FAILED ${nameOf(pair)}: ${error instanceof Error ? error.message : error}`);
    });
  }
} finally {
  await server.stop("immediate");
}
console.log(`${pairs.length} pairs, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;

function nameOf({ corpus, own, theirs }: MergePair): string {
  return `${corpus} ${own} ${theirs}`;
}

async function tryPair(pair: MergePair): Promise<void> {
  const directory = join(CORPORA, pair.corpus, "plain");
  const names = readdirSync(directory).filter((name) => name.endsWith(".sql") && !name.endsWith(".down.sql"));
  const all = names.sort().map((name) => ({ version: name.slice(0, 3), path: join(directory, name) }));
  const files = filesOf(pair, all);
  const needed = join(CORPORA, pair.corpus, "before.sql");
  const before = existsSync(needed) ? readFileSync(needed, "utf8") : undefined;
  const judgement = await judge({ server, pgDump: pgDump ?? "", place: CORPORA }, files, before);
  const began = performance.now();
  const checked = await checkedBy(pair, files, before);
  const time = `${((performance.now() - began) / 1_000).toFixed(1)} s`;
  const cells = [pair.corpus, files.common.length, pair.own, pair.theirs, checked.outcome, time];
  console.log(`| ${cells.join(" | ")} |`);
  compare(`${nameOf(pair)}: psql and pg_dump`, judgement, byServer(pair.expected));
  compare(`${nameOf(pair)}: check`, checked, byCheck(pair.expected));
}

function compare(who: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  wrong++;
  console.log(`WRONG ${who}`);
  console.log(`  found    ${JSON.stringify(found)}`);
  console.log(`  expected ${JSON.stringify(expected)}`);
}

/** The outcome of `check`, and its findings about the merge. */
interface Checked {
  readonly outcome: string;
  readonly findings: readonly string[];
}

interface MergeFinding {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly place?: { readonly path: string; readonly line?: number };
}

/** Runs `check` on a branch of a new repository, whose base has got files meanwhile. */
async function checkedBy(
  { corpus }: MergePair,
  { common, own, theirs }: PairFiles,
  before: string | undefined,
): Promise<Checked> {
  const repository = makeRepository();
  repository.commit({
    ...contents(common),
    ...(before !== undefined && { "database/stand-ins/server.sql": before }),
  });
  repository.git("switch", "--quiet", "--create", "feature");
  repository.commit(contents(own));
  repository.git("switch", "--quiet", "main");
  repository.commit(contents(theirs));
  repository.git("switch", "--quiet", "feature");
  const table = plainCorpora().find(({ name }) => name === corpus)?.table ?? "";
  const environment = { XDG_CACHE_HOME: temporaryPlace("cache") };
  const { stdout, stderr, status } = await run(
    [process.execPath, program, "check", "--base", "main", "--table", table, "--json"],
    { directory: repository.directory, environment, timeoutMs: 300_000 },
  );
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) throw new Error(`pgstep check: ${status} ${stderr.slice(-2000)}`);
  const { merge, findings = [] } = JSON.parse(last);
  const about: MergeFinding[] = findings.filter(({ rule }: MergeFinding) => rule.startsWith("merge-"));
  return {
    outcome: merge ? [merge.outcome, merge.because].filter(Boolean).join(": ") : last,
    findings: about.map(worded),
  };
}

function contents(files: readonly PlainFile[]): Record<string, string> {
  return Object.fromEntries(files.map(({ path }) => [`${MIGRATIONS}/${basename(path)}`, readFileSync(path, "utf8")]));
}

/** "error 211:1 own: cannot drop ...", or the differences. */
function worded({ severity, message, place }: MergeFinding): string {
  const [, differences] = message.split(" and not before them, it ");
  if (differences !== undefined) return differences;
  const [, reason, ending] = /^Cannot apply \S+: (.*) \(\w{5}\); it (fails|is) /.exec(message) ?? [];
  const at = `${basename(place?.path ?? "").slice(0, 3)}:${place?.line}`;
  return reason === undefined ? message : `${severity} ${at} ${ending === "fails" ? "own" : "theirs"}: ${reason}`;
}

function byCheck(expected: Expected): Checked {
  if (expected === "same") return { outcome: "same", findings: [] };
  if ("words" in expected) return { outcome: "different", findings: [expected.words] };
  const { branch, at, message, severity } = expected.fails;
  return { outcome: "fails", findings: [`${severity} ${at} ${branch}: ${message}`] };
}

function byServer(expected: Expected): Judgement {
  if (expected === "same") return { entries: [] };
  if ("entries" in expected) return { entries: expected.entries };
  const { branch, at, message } = expected.fails;
  return { fails: { branch, version: at.slice(0, 3), message } };
}
