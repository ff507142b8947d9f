import assert from "node:assert/strict";
import { loadModule, parseSync } from "libpg-query";
import { ruleOfFinding } from "../../../src/core/check/cannot-run-in-transaction.ts";
import { ruleOfRejection } from "../../../src/core/check/rejected.ts";
import type { CheckRule, RuleMatch } from "../../../src/core/check/rule.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import { SAFETY_RULES } from "../../../src/core/findings/check-rules.ts";
import type { Node } from "../../../src/core/parse-tree/node.ts";
import { scan } from "../../../src/core/scanner/scan.ts";
import type { Statement } from "../../../src/core/sql/statement.ts";
import { classify } from "../../../src/core/statements/classify.ts";
import type { TracedFile } from "../../../src/core/trace/trace.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { deallocateOthers } from "../../../src/engine/session/prepared-statements.ts";
import { Tracer } from "../../../src/engine/trace/tracer.ts";
import { ServerFailure, type Session } from "../../../src/ports/session.ts";
import type { World } from "../support.ts";

await loadModule();

export async function parse(text: string): Promise<Node | undefined> {
  try {
    return (parseSync(text) as unknown as { stmts: { stmt: Node }[] }).stmts[0]?.stmt;
  } catch {
    return undefined;
  }
}

/** The files that were applied, and the rule that the failure of the next one violates, if it failed by a rule. */
export interface Trial {
  readonly files: readonly TracedFile[];
  readonly failed?: CheckRule["id"];
}

/** Applies all pending files of the world and watches their statements. */
export async function trial(here: World): Promise<Trial> {
  const { schema, table } = here.context.settings;
  const tracer = new Tracer(parse, [`${schema}.${table}`, `${schema}.${table}_steps`]);
  const failure = await failureOfRun(here, tracer);
  const refused = failure?.findings.map(ruleOfFinding).find((rule) => rule !== undefined);
  const failed = refused ?? (failure?.server && ruleOfRejection(failure.server, tracer.rejected?.text)?.id);
  if (failure && !failed) throw failure;
  const session = await here.database.open();
  try {
    await tracer.finish(session);
  } finally {
    await session.close();
  }
  return { files: tracer.files, ...(failed && { failed }) };
}

async function failureOfRun(here: World, watch: Tracer): Promise<Failure | undefined> {
  try {
    return (await migrate({ ...here.context, isRehearsal: true, watch }, {}, {})).failure;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** True if pgstep makes one transaction of the file, and no transaction of its own is in it. */
export function isOneTransaction(sql: string): boolean {
  const kinds = statementsOf(sql).map(classify);
  return kinds.every((kind) => !kind.outsideTransaction && !kind.transaction) && !sql.startsWith("-- ");
}

/**
 * Runs one file in a transaction that is rolled back, which takes a tenth of the time. For files of which pgstep makes
 * one transaction.
 * @param given runs before it, in the same transaction: its locks are still held
 */
export async function trialRolledBack(session: Session, sql: string, given = ""): Promise<Trial> {
  const tracer = new Tracer(parse, ["public.schema_migrations", "public.schema_migrations_steps"]);
  await session.execute("BEGIN READ WRITE");
  let last: string | undefined;
  try {
    for (const { text } of statementsOf(given)) await session.execute(text);
    await tracer.began(session, "file").ended;
    for (const statement of statementsOf(sql)) {
      last = statement.text;
      const look = await tracer.sending(session, statement, false);
      await session.execute(statement.text);
      await look.begin();
    }
    await tracer.finish(session);
    return { files: tracer.files };
  } catch (error) {
    const failed = error instanceof ServerFailure ? ruleOfRejection(error.server, last)?.id : undefined;
    if (!failed) throw error;
    return { files: [], failed };
  } finally {
    await session.execute("ROLLBACK");
    await deallocateOthers(session);
  }
}

export function statementsOf(sql: string): Statement[] {
  return [...scan([sql])].filter((piece) => piece.kind === "statement");
}

/** Applies all pending files of the world and returns what their statements were seen to do. */
export async function traced(here: World): Promise<readonly TracedFile[]> {
  const { files, failed } = await trial(here);
  assert.equal(failed, undefined);
  return files;
}

/** The notes of the rules about the last file, as `check` shows them: "2 Rewrites table: all of notes ...". */
export function notes(files: readonly TracedFile[], rules: readonly CheckRule[] = SAFETY_RULES): string[] {
  const [last] = files.slice(-1);
  if (!last) return [];
  return rules.flatMap((rule) => [...rule.find(last)].map((match) => words(rule, match)));
}

function words({ title }: CheckRule, { statement, message }: RuleMatch): string {
  return `${statement.number} ${title}: ${message}`;
}
