import { NOW_UTC, versionIs } from "../history/history-table.ts";
import { strongestIsolation } from "../run/run-scripts.ts";
import type { Script } from "../script/load-scripts.ts";
import type { Run } from "../step/session-settings.ts";
import { commitStepSql, recordStartSql } from "../step/transaction-step.ts";
import { comment, echo, writtenScript } from "./text.ts";

/** The place of a step among the others of its run. */
export interface StepPlace {
  readonly scripts: readonly Script[];
  readonly index: number;
  /** True if all steps share one transaction. */
  readonly singleTransaction: boolean;
}

/** A step that is one transaction, or its part of the one transaction of all. */
export function transactionStep(run: Run, { scripts, index, singleTransaction }: StepPlace): string[] {
  const script = scripts[index] as Script;
  const previous = scripts[index - 1];
  const shared = singleTransaction ? scripts : [script];
  const [isFirst, isLast] = [script === shared[0], script === shared.at(-1)];
  const own = singleTransaction ? scripts.slice(0, index + 1) : shared;
  const extent = { previous, commit: isLast, versions: own.map(({ step }) => step.version) };
  return [
    comment(script.step.name),
    ...(isFirst ? [`BEGIN ISOLATION LEVEL ${strongestIsolation(shared)} READ WRITE;`] : []),
    `${recordStartSql(run, script, previous)};`,
    ...writtenScript(script),
    `${commitStepSql(run, script, extent)};`,
    ...(isLast ? own.flatMap((one) => [durationSql(run, one), echo(`applied ${one.step.name}`)]) : []),
    "",
  ];
}

/** The time since the row was written, as `up` measures it. */
export function durationSql({ names }: Run, { step }: Script): string {
  const took = `EXTRACT(EPOCH FROM ${NOW_UTC} OPERATOR(pg_catalog.-) applied_at) OPERATOR(pg_catalog.*) 1000`;
  return `UPDATE ONLY ${names.history} SET duration_ms = pg_catalog.round(${took}) WHERE ${versionIs(step.version)};`;
}
