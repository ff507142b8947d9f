import assert from "node:assert/strict";
import { loadModule, parseSync } from "libpg-query";
import { ruleOfFinding, ruleOfServerError } from "../../../src/core/check/cannot-run-in-transaction.ts";
import { CHECK_RULES } from "../../../src/core/check/check-rules.ts";
import type { CheckRule, Remark } from "../../../src/core/check/rule.ts";
import type { TracedFile, Tree } from "../../../src/core/trace/trace.ts";
import { Tracer } from "../../../src/engine/check/tracer.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { succeeded, type World } from "../support.ts";

await loadModule();

function parse(text: string): Tree | undefined {
  try {
    return (parseSync(text) as { stmts: { stmt: Tree }[] }).stmts[0]?.stmt;
  } catch {
    return undefined;
  }
}

/** The files that were applied, and the rule that the failure of the next one violates, if it failed by a rule. */
interface Trial {
  readonly files: readonly TracedFile[];
  readonly failed?: CheckRule["id"];
}

/** Applies all pending files of the world and watches their statements. */
export async function trial(here: World): Promise<Trial> {
  const tracer = new Tracer(parse, ["public.schema_migrations", "public.schema_migrations_steps"]);
  const report = await migrate({ ...here.context, isRehearsal: true, watch: tracer }, {}, {});
  const code = report.failure?.server?.code ?? "";
  const refused = report.failure?.findings.map(ruleOfFinding).find((rule) => rule !== undefined);
  const failed = refused ?? ruleOfServerError(code);
  if (!failed) succeeded(report);
  const session = await here.database.open();
  try {
    await tracer.finish(session);
  } finally {
    await session.close();
  }
  return { files: tracer.files, ...(failed && { failed }) };
}

/** Applies all pending files of the world and returns what their statements were seen to do. */
export async function traced(here: World): Promise<readonly TracedFile[]> {
  const { files, failed } = await trial(here);
  assert.equal(failed, undefined);
  return files;
}

/** The remarks of the rules about the last file, as `check` shows them: "2 Rewrites table: all of notes ...". */
export function remarks(files: readonly TracedFile[], rules: readonly CheckRule[] = CHECK_RULES): string[] {
  const [last] = files.slice(-1);
  if (!last) return [];
  return rules.flatMap((rule) => [...rule.find(last)].map((remark) => words(rule, remark)));
}

function words({ title }: CheckRule, { statement, message }: Remark): string {
  return `${statement.number} ${title}: ${message}`;
}
