import type { ExplainedRows, PlannedStatement, PlannedStep } from "../../core/plan/plan-report.ts";
import type { RunFacts, ToExplain } from "../../core/plan/run-facts.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";

/** The characters of a statement that are shown. */
const LONGEST_STATEMENT = 200;
/** Of the statements of a file that have no effect on what exists, the rest is only counted. */
const MOST_PLAIN = 50;

/** The steps of a run with their statements: the migrations, then the repeatable migrations. */
export function plannedSteps(
  { scripts, around }: RunPlan,
  facts: RunFacts,
  explained: ReadonlyMap<ToExplain, ExplainedRows | string>,
): PlannedStep[] {
  const nameOf = stepNames({ scripts });
  const answers = new Map([...explained].map(([{ path, statement }, rows]) => [`${path}\n${statement.offset}`, rows]));
  const planned = (path: string, statement: Statement): PlannedStatement => {
    const rows = answers.get(`${path}\n${statement.offset}`);
    const { replaced, text, position } = statement;
    return {
      place: { path, ...position },
      // The text as written: the value of a placeholder may be secret.
      statement: (replaced?.written ?? text).replace(/\s+/g, " ").slice(0, LONGEST_STATEMENT),
      ...facts.of(path, statement, rows, nameOf),
    };
  };
  const stepOf = (script: Script, kind: PlannedStep["kind"]): PlannedStep => {
    const { path, step, inspection } = script;
    const { version, name, description } = step;
    return { kind, version, name, description, path, mode: inspection.mode, ...listed(script, planned) };
  };
  return [
    ...scripts.map((script) => stepOf(script, "migration")),
    ...around.repeatable.stale.map(({ script }) => stepOf(script, "repeatable")),
  ];
}

/** Finds the name of the migration with a path. */
export function stepNames({ scripts }: Pick<RunPlan, "scripts">): (path: string) => string {
  const names = new Map(scripts.map(({ path, step }) => [path, step.name]));
  return (path) => names.get(path) ?? path;
}

function listed(
  script: Script,
  planned: (path: string, statement: Statement) => PlannedStatement,
): Pick<PlannedStep, "statements" | "unlisted"> {
  const statements: PlannedStatement[] = [];
  let plain = 0;
  for (const { statement, rows } of workOf(script)) {
    if (rows) for (const _ of rows);
    const one = planned(script.path, statement);
    if (isTelling(one) || ++plain <= MOST_PLAIN) statements.push(one);
  }
  return { statements, unlisted: Math.max(0, plain - MOST_PLAIN) };
}

function isTelling({ inTransaction, touches, rows, destroys, breaks }: PlannedStatement): boolean {
  return !inTransaction || touches.length > 0 || rows !== undefined || destroys.length + breaks.length > 0;
}
