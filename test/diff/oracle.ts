import { apply } from "@supabase/pg-delta/apply";
import { extract } from "@supabase/pg-delta/extract";
import { type Plan, plan } from "@supabase/pg-delta/plan";
import pg from "pg";
import { Failure } from "../../src/core/failure/failure.ts";
import { fill } from "../../src/engine/diff/sources.ts";
import { inNewDatabase, judgeRun, named, type Outcome, type Place, source } from "./trial.ts";

/** One direction of a pair as pg-delta of Supabase changes it, judged as pgstep is. */
export async function tryOracle(place: Place, number: string, before: string, after: string): Promise<Outcome> {
  const [from, to] = named(`${number}-oracle`, before, after);
  let written: Written;
  try {
    written = await write(place, from, to);
  } catch (error) {
    return { verdict: "refused", reasons: [String(error)], notes: [], sql: "" };
  }
  const { plan: wanted, unmodeled } = written;
  const isDestructive = wanted.actions.some(({ dataLoss }) => dataLoss === "destructive");
  const run = ({ url }: { readonly url: string }) =>
    withPool(url, async (pool) => {
      const { error } = await apply(wanted, pool, { fingerprintGate: false });
      if (!error) return;
      const { message, sql } = error;
      throw new Failure("statement-failed", `${message}: ${sql}`, { hint: "Only the oracle's statements failed." });
    });
  const judgement = await judgeRun(place, { from, to, run, losses: isDestructive ? undefined : [] });
  const sql = wanted.actions.map((action) => `${action.sql};`).join("\n");
  // The command line of pg-delta refuses these kinds in its strict mode.
  if (judgement.verdict === "different" && unmodeled.length > 0) {
    return { verdict: "refused", reasons: unmodeled, notes: judgement.notes, sql };
  }
  return { ...judgement, sql };
}

interface Written {
  readonly plan: Plan;
  /** The kinds of objects that pg-delta does not know, in its words. */
  readonly unmodeled: readonly string[];
}

async function write(place: Place, from: string, to: string): Promise<Written> {
  const read = (name: string) =>
    inNewDatabase(place)(async (context) => {
      await fill(context, source(name));
      return await withPool(context.url, (pool) => extract(pool));
    });
  const [first, second] = [await read(from), await read(to)];
  const unknown = [...first.diagnostics, ...second.diagnostics].filter(({ code }) => code === "unmodeled_kind");
  return {
    plan: plan(first.factBase, second.factBase),
    unmodeled: [...new Set(unknown.map(({ message }) => message))],
  };
}

async function withPool<Result>(url: string, work: (pool: pg.Pool) => Promise<Result>): Promise<Result> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
