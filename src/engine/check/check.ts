import { CHECK_RULES } from "../../core/check/check-rules.ts";
import { type Finding, interruption } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { CheckReport, DownOutcomes } from "../../core/reports/check-report.ts";
import type { Tree } from "../../core/trace/trace.ts";
import type { Database } from "../../ports/session.ts";
import type { SqlParser } from "../../ports/sql-parser.ts";
import { byWeightAndPlace } from "../files/read-migrations.ts";
import type { Context } from "../session/context.ts";
import { findingsIn, touchingStatements } from "./judge.ts";
import { rehearse } from "./replay.ts";
import type { InShadow } from "./shadow.ts";
import { type TimeLimit, timeLimit } from "./time-limit.ts";
import { Trial } from "./trial.ts";
import { inspectAll } from "./validate.ts";

export interface CheckOptions {
  /** Gives an empty database, each time it is called. */
  readonly inShadow: InShadow;
  /** True for a file whose statements are examined; absent for all files. */
  readonly examines?: (migration: Migration) => boolean;
  /** The longest time that the files may run, in milliseconds; 0 for no limit. */
  readonly limitMs: number;
}

/**
 * Does everything that `validate` does. Unless the files have errors, also runs them in an empty database, examines
 * each statement there, and proves the down scripts.
 * @param database compared with its history; undefined for none
 * @throws Failure directory-unreadable, history-foreign, shadow-not-empty, interrupted, terminated and those of
 *   connecting
 */
export async function check(
  context: Context,
  database: Database | undefined,
  options: CheckOptions,
): Promise<CheckReport> {
  const { migrations, findings, mayRun, syntax } = await inspectAll(context, database);
  const result = mayRun ? await runFiles(context, migrations, options) : NOTHING_RUN;
  return {
    type: "check",
    database: database?.description,
    migrations: migrations.length,
    ...(result.replay && { replay: result.replay }),
    ...(syntax && { syntax }),
    statements: result.statements,
    findings: [...findings, ...result.findings].sort(byWeightAndPlace),
  };
}

type Result = Pick<CheckReport, "replay" | "statements" | "findings">;

const NOTHING_RUN: Result = { statements: [], findings: [] };

async function runFiles(context: Context, all: readonly Migration[], options: CheckOptions): Promise<Result> {
  const limit = timeLimit(context.signal, options.limitMs);
  try {
    return await runWithin({ ...context, signal: limit.signal }, limit, all, options);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw interruption(context.signal, "Cannot check the migrations", "Run the command again.");
  } finally {
    limit.clear();
  }
}

async function runWithin(
  context: Context,
  limit: TimeLimit,
  all: readonly Migration[],
  { inShadow, examines = () => true }: CheckOptions,
): Promise<Result> {
  const { settings, fileSystem, signal } = context;
  const parse = parseWith(await context.sqlParser?.());
  const migrations = all.filter(({ up }) => runsIn(up.header, settings.environment));
  const { trial, database } = await inShadow(async (shadow) => {
    const one = new Trial({ ...shadow, signal }, { migrations, examines, parse, limit });
    await one.run();
    return { trial: one, database: shadow.database.description };
  });
  const { applied, traced, stopped, leftOut } = trial;
  const rules = CHECK_RULES.filter(({ group }) => group === "safety");
  const proof = applied.some((one) => one.down && examines(one))
    ? await proveDownScripts(applied, inShadow, limit)
    : NOTHING_PROVED;
  return {
    replay: {
      database,
      applied: applied.length,
      downs: proof.downs,
      examined: traced.map(({ path }) => path),
      notRun: migrations.filter((one) => !applied.includes(one)).map(({ up }) => up.path),
      leftOut,
    },
    statements: traced.flatMap(touchingStatements),
    findings: [
      ...(stopped ? [stopped] : []),
      ...traced.flatMap((file) => findingsIn(file, rules, fileSystem)),
      ...proof.findings,
    ],
  };
}

/** Gives the parse tree of one statement; undefined if it was not parsed. */
function parseWith(parser: SqlParser | undefined): (text: string) => Promise<Tree | undefined> {
  return async (text) => {
    const parsed = await parser?.parse(text);
    return parsed?.kind === "parsed" ? parsed.trees()[0] : undefined;
  };
}

interface Proof {
  readonly downs: DownOutcomes;
  readonly findings: readonly Finding[];
}

const NOTHING_PROVED: Proof = { downs: { proved: 0, different: 0, failed: 0, untested: 0 }, findings: [] };

async function proveDownScripts(
  migrations: readonly Migration[],
  inShadow: InShadow,
  limit: TimeLimit,
): Promise<Proof> {
  try {
    const { signal } = limit;
    const limited: InShadow = (work) => inShadow((shadow) => work({ ...shadow, signal }));
    const { rehearsal, findings } = await rehearse(limited, migrations);
    return { downs: rehearsal.downs, findings };
  } catch (error) {
    if (!limit.isOver) throw error;
    return { ...NOTHING_PROVED, findings: [limit.finding("test the down scripts")] };
  }
}
