import { compareHistory, isApplied, isPending } from "../../core/migrations/history.ts";
import { type Check, good, problem, sqlName, warning } from "../../core/reports/diagnosis.ts";
import type { Session } from "../../ports/session.ts";
import { readMigrations } from "../files/read-migrations.ts";
import { ADDED_COLUMNS } from "../history/history-table.ts";
import { type DatabaseState, readState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ServerFacts } from "./server-facts.ts";

const TOPIC = "history";

/** Checks that the history is pgstep's, has all columns, and agrees with the files. */
export async function* historyChecks(
  context: DatabaseContext,
  session: Session,
  facts: ServerFacts,
): AsyncGenerator<Check> {
  const { schema, table } = context.settings;
  const name = `${sqlName(schema)}.${sqlName(table)}`;
  const state = await readState(session, context.settings);
  if (!state.historyExists) {
    yield good(TOPIC, `${name} does not exist yet: the first run creates it`);
    return;
  }
  yield columnsCheck(name, state, facts);
  yield comparison(context, state);
  yield* unfinished(state);
}

function columnsCheck(name: string, { columns }: DatabaseState, { tables, role }: ServerFacts): Check {
  const lacking = Object.keys(ADDED_COLUMNS).filter((column) => !columns.some((one) => one.name === column));
  if (lacking.length === 0) return good(TOPIC, `${name} has all its columns`);
  const summary = `${name} lacks ${lacking.join(", ")}`;
  if (tables.find((table) => table.name === name)?.isOwned) return good(TOPIC, `${summary}: the next run adds them`);
  return problem(
    TOPIC,
    `${summary}, and only its owner may add them`,
    `ALTER TABLE ${name} OWNER TO ${sqlName(role)};`,
  );
}

function comparison(context: DatabaseContext, state: DatabaseState): Check {
  const { migrations } = readMigrations(context);
  const { environment } = context.settings;
  const entries = compareHistory(migrations, state, environment);
  const count = (kind: string) => entries.filter((entry) => entry.state === kind).length;
  const summary = `${entries.filter(isApplied).length} applied, ${entries.filter(isPending).length} pending`;
  const odd = ["changed", "missing", "out-of-order"]
    .filter((kind) => count(kind) > 0)
    .map((kind) => `${count(kind)} ${kind.replaceAll("-", " ")}`);
  if (odd.length === 0) return good("files and history", summary);
  return warning("files and history", [summary, ...odd].join(", "), "Run pgstep status to see which.");
}

function* unfinished({ unfinished: steps, resetUnfinished, afterUpUnfinished, name }: DatabaseState): Generator<Check> {
  for (const { version, direction } of steps) {
    yield problem(
      "unfinished",
      `${version} was ${direction === "up" ? "applied" : "undone"} in part`,
      `pgstep ${direction}`,
    );
  }
  if (afterUpUnfinished) yield problem("unfinished", "a hook after up failed or was cut off", "pgstep up");
  if (resetUnfinished) yield problem("unfinished", "a reset did not finish", `pgstep reset --confirm ${name}`);
}
