import { type Check, good, warning } from "../../core/reports/diagnosis.ts";
import { activityWords, holderWords } from "../../core/reports/other-sessions.ts";
import type { Session } from "../../ports/session.ts";
import { endingHint, lookAtHolder } from "../lock/take-lock.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ServerFacts } from "./server-facts.ts";

const MOST_INDEXES = 10;

/** Checks for other runs, and for INVALID indexes that failed builds have left. */
export async function* workChecks(
  context: DatabaseContext,
  session: Session,
  facts: ServerFacts,
): AsyncGenerator<Check> {
  if (!session.backend.embedded) yield await runCheck(context, session);
  yield* indexChecks(facts);
}

async function runCheck(context: DatabaseContext, session: Session): Promise<Check> {
  const { holder, activity } = await lookAtHolder(context, session);
  if (holder === undefined) return good("other runs", "none");
  const work = activity ? activityWords(activity) : "";
  const words = [`one is running: ${holderWords(holder)}`, ...(work === "" ? [] : [work])].join("; ");
  const advice = "Wait for it to end; a run waits by itself (--lock-wait).";
  return warning("other runs", words, [advice, ...endingHint(holder, activity)].join(" "));
}

function* indexChecks({ invalidIndexes }: ServerFacts): Generator<Check> {
  if (invalidIndexes.length === 0) yield good("indexes", "all valid");
  for (const name of invalidIndexes.slice(0, MOST_INDEXES)) {
    yield warning(
      "indexes",
      `${name} is INVALID: writes maintain it, but queries do not use it`,
      `REINDEX INDEX CONCURRENTLY ${name};`,
    );
  }
  const more = invalidIndexes.length - MOST_INDEXES;
  if (more > 0) yield warning("indexes", `${more} more are INVALID`);
}
