import type { Action } from "../../core/diff/action.ts";
import { planDiff } from "../../core/diff/plan.ts";
import { compareSides, type SideDifferences } from "../../core/diff-sides/comparison.ts";
import { NAME, QUALIFIED_NAME } from "../../core/diff-sides/names.ts";
import type { SchemaSide } from "../../core/diff-sides/side.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { OrderByTrial, type Stuck } from "./order-by-trial.ts";
import { readSide } from "./read-side.ts";

/** The statements that lead to a schema, in the order in which they were done. */
export interface Transformation {
  /** In parts that are committed one after the other. */
  readonly actions: readonly Action[];
  /** What is still different. */
  readonly left: SideDifferences;
  /** What could not be done in the last round. */
  readonly stuck: readonly Stuck[];
}

/** Two schemas, and the major version of the server that the statements are for. */
export interface Sides {
  readonly from: SchemaSide;
  readonly to: SchemaSide;
  readonly major: number;
}

/** A round creates again what the one before has dropped to make room. */
const MOST_ROUNDS = 8;

/**
 * Changes the schema of a shadow database into another one, by trial, until both are equal or nothing changes any more.
 * @param part values for only the new values of enums, in one round; undo for statements of one transaction
 * @throws ServerFailure, ConnectionLost, Failure dump-failed
 */
export async function transform(
  context: DatabaseContext,
  session: Session,
  { from: first, to, major }: Sides,
  part: "values" | "all" | "undo" = "all",
): Promise<Transformation> {
  const actions: Action[] = [];
  let stuck: readonly Stuck[] = [];
  let from = first;
  for (let round = 0; ; round++) {
    if (round > 0) from = await readSide(context, session, major);
    const left = compareSides(from, to);
    if (isEqual(left) || round === MOST_ROUNDS)
      return { actions: tidied(actions), left, stuck: isEqual(left) ? [] : stuck };
    const planned = planDiff({ from, to, isAgain: round > 0, isLate: round > 1, isOneTransaction: part === "undo" });
    const done = await carryOut(session, part === "values" ? planned.filter(({ isAlone }) => isAlone) : planned);
    if (part === "values") return { ...done, actions: done.done, left };
    stuck = done.stuck;
    actions.push(...done.done);
    // A later round also takes what the facts do not say.
    if (done.done.length === 0 && round > 1) return { actions: tidied(actions), left, stuck };
  }
}

const DEFAULT = new RegExp(`^(ALTER TABLE ${QUALIFIED_NAME} ALTER COLUMN ${NAME}) (?:SET|DROP) DEFAULT\\b`);

function defaultOf(sql: string): string | undefined {
  return DEFAULT.exec(sql)?.[1];
}

/**
 * A view that was dropped to make room is not replaced but created; nothing is done twice in a row, or to a default that
 * the next statement changes; and a table gets all new types of its columns at once.
 */
export function tidied(actions: readonly Action[]): Action[] {
  const dropped = new Set<string>();
  const once = actions.filter(({ sql }, index) => {
    const [next, column] = [actions[index + 1]?.sql ?? "", defaultOf(sql)];
    return sql !== next && (column === undefined || column !== defaultOf(next));
  });
  return withTypesTogether(once).map((action) => {
    const [, kind = "", name = ""] =
      /^(?:DROP|CREATE OR REPLACE) (VIEW) ("(?:[^"]|"")*"\S*|[^\s(]+)/.exec(action.sql) ?? [];
    if (kind !== "" && action.sql.startsWith("DROP ")) dropped.add(name);
    else if (kind !== "" && dropped.delete(name))
      return { ...action, sql: action.sql.replace("CREATE OR REPLACE ", "CREATE ") };
    return action;
  });
}

const TYPE_OF_COLUMN = new RegExp(`^ALTER TABLE (${QUALIFIED_NAME}) (ALTER COLUMN (${NAME}) TYPE [^]*)$`);

/** PostgreSQL then rewrites the table once. It refuses two types for one column in a statement. */
function withTypesTogether(actions: readonly Action[]): Action[] {
  const together: Action[] = [];
  let last: { readonly table: string; readonly changes: ReadonlyMap<string, string> } | undefined;
  for (const action of actions) {
    const [, table, change, column = ""] = TYPE_OF_COLUMN.exec(action.sql) ?? [];
    const before = together.at(-1);
    if (table === undefined || change === undefined) last = undefined;
    else if (before && last?.table === table && !last.changes.has(column)) {
      last = { table, changes: new Map([...last.changes, [column, change]]) };
      const loses = [...(before.loses ?? []), ...(action.loses ?? [])];
      const sql = `ALTER TABLE ${table}\n    ${[...last.changes.values()].join(",\n    ")}`;
      together.splice(-1, 1, { ...before, sql, ...(loses.length > 0 && { loses }) });
      continue;
    } else last = { table, changes: new Map([[column, change]]) };
    together.push(action);
  }
  return together;
}

async function carryOut(session: Session, planned: readonly Action[]) {
  const alone = planned.filter(({ isAlone }) => isAlone);
  const done: Action[] = [];
  const stuck: Stuck[] = [];
  for (const part of [alone, planned.filter(({ isAlone }) => !isAlone)]) {
    if (part.length === 0) continue;
    await session.execute("BEGIN");
    try {
      const order = await new OrderByTrial(session, part).run();
      done.push(...order.done);
      stuck.push(...order.stuck);
    } finally {
      await session.execute("COMMIT");
    }
  }
  return { done, stuck };
}

export function isEqual({ added, removed, changed }: SideDifferences): boolean {
  return added.length + removed.length + changed.length === 0;
}
