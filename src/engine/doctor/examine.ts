import { Failure, interruption } from "../../core/failure/failure.ts";
import { type Check, good, problem, warning } from "../../core/reports/diagnosis.ts";
import type { DoctorReport, ExplainedValue } from "../../core/reports/report.ts";
import type { Probe } from "../../ports/probe.ts";
import { ConnectionLost, type Database, ServerFailure, type Session } from "../../ports/session.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { clockChecks } from "./clock-checks.ts";
import { historyChecks } from "./history-checks.ts";
import { privilegeChecks } from "./privilege-checks.ts";
import { serverChecks } from "./server-checks.ts";
import { readFacts } from "./server-facts.ts";
import { workChecks } from "./work-checks.ts";

/** The subjects of an examination. */
export interface Subjects {
  /** The values to connect with and to find files with. */
  readonly values: readonly ExplainedValue[];
  /** The checks that need no database, in their order. */
  readonly checks: AsyncIterable<Check>;
  /** The database; or the check that says why it is not examined. */
  readonly database: Database | Check;
  /** Absent for the embedded database. */
  readonly probe: Probe | undefined;
}

/**
 * Checks everything a run needs, from the settings, the files and each step of the connection to privileges and
 * history, and emits each result as soon as it is known. Never writes.
 */
export async function examine(context: Context, subjects: Subjects): Promise<DoctorReport> {
  const { emit } = context;
  const { values, checks, database, probe } = subjects;
  const counts = { warnings: 0, errors: 0 };
  const report = (check: Check) => {
    if (check.state === "warning") counts.warnings++;
    if (check.state === "error") counts.errors++;
    emit({ type: "checked", check });
  };
  emit({ type: "explained", values });
  for await (const check of checks) report(check);
  if ("topic" in database) {
    report(database);
    return { type: "doctor", database: undefined, isConnected: false, ...counts };
  }
  const isConnected = await examineDatabase({ ...context, database }, probe, report);
  return { type: "doctor", database: database.description, isConnected, ...counts };
}

/** True if it could log in. */
async function examineDatabase(
  context: DatabaseContext,
  probe: Probe | undefined,
  report: (check: Check) => void,
): Promise<boolean> {
  const { database, signal } = context;
  let reached = true;
  for await (const check of probe?.steps(signal) ?? []) {
    if (signal.aborted) break;
    report(check);
    if (check.state === "error") reached = false;
  }
  if (signal.aborted) throw interruption(signal, `Cannot examine ${database.description}`, "Nothing was done.");
  // After a failed step the log-in would fail as well, which need not be reported twice.
  const session = reached ? await logIn(context, report) : undefined;
  if (!session) return false;
  try {
    for await (const check of sessionChecks(context, session)) report(check);
  } finally {
    await session.close();
  }
  return true;
}

async function logIn(
  { database, signal }: DatabaseContext,
  report: (check: Check) => void,
): Promise<Session | undefined> {
  try {
    return await database.open(signal);
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
    report(problem("log-in", error.message.slice(error.message.indexOf(": ") + 2), error.hint));
    return undefined;
  }
}

type SessionChecks = (
  context: DatabaseContext,
  session: Session,
  facts: Facts,
) => AsyncIterable<Check> | Iterable<Check>;
type Facts = Awaited<ReturnType<typeof readFacts>>;

const PARTS: readonly (readonly [topic: string, checks: SessionChecks])[] = [
  ["server", serverChecks],
  ["clock", clockChecks],
  ["privileges", privilegeChecks],
  ["history", historyChecks],
  ["work", workChecks],
];

/** A part that the server refuses to answer is reported like any other finding. */
async function* sessionChecks(context: DatabaseContext, session: Session): AsyncGenerator<Check> {
  const facts = await readFacts(context, session);
  yield good("log-in", logInWords(facts));
  for (const [topic, checks] of PARTS) {
    try {
      yield* checks(context, session, facts);
    } catch (error) {
      if (error instanceof Failure) yield problem(topic, error.message, error.hint);
      else if (error instanceof ServerFailure) yield warning(topic, `the server reports: ${error.message}`);
      else if (error instanceof ConnectionLost) {
        yield problem(topic, error.message, "Check the server's log.");
        return;
      } else throw error;
    }
  }
}

function logInWords({ role, loginRole, database, method }: Facts): string {
  const as = role === loginRole ? role : `${role} (logged in as ${loginRole})`;
  return `as ${as} into ${database}${method === null ? "" : `, by ${method}`}`;
}
