import { type Check, fault, good, sqlName, warning } from "../../core/reports/diagnosis.ts";
import type { Session } from "../../ports/session.ts";
import { readOnlyByDefault, STANDBY } from "../history/read-only.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ServerFacts } from "./server-facts.ts";

/** The major versions that pgstep is tested with. */
const OLDEST = 14;
const NEWEST = 18;

/** What kind of server it is, and settings that hurt. */
export function* serverChecks(_: DatabaseContext, session: Session, facts: ServerFacts): Generator<Check> {
  yield versionCheck(session, facts);
  if (!session.backend.embedded) yield poolerCheck(session, facts);
  yield stateCheck(facts);
  const { settings, eventTriggers, role } = facts;
  if (settings.server_encoding !== "UTF8") {
    yield warning(
      "encoding",
      `the database is in ${settings.server_encoding}, so that it cannot hold every character`,
      "Make databases with ENCODING 'UTF8'.",
    );
  }
  if (settings.session_replication_role !== "origin") {
    yield warning(
      "replication role",
      `session_replication_role is ${settings.session_replication_role}: triggers and foreign keys do nothing`,
      `ALTER ROLE ${sqlName(role)} RESET session_replication_role;`,
    );
  }
  yield timeoutCheck(session, facts);
  if (eventTriggers.length > 0) {
    yield warning("event triggers", `these run with every change: ${eventTriggers.join(", ")}`);
  }
}

function versionCheck({ backend }: Session, { version }: ServerFacts): Check {
  const major = Math.floor(backend.serverVersion / 10_000);
  const range = `${OLDEST} to ${NEWEST}`;
  if (major < OLDEST) {
    return warning("version", `PostgreSQL ${version}: pgstep is made for ${range}`, "Upgrade the server.");
  }
  if (major > NEWEST) {
    return warning("version", `PostgreSQL ${version}: this pgstep knows ${range}`, "Look for a newer pgstep.");
  }
  return good("version", `PostgreSQL ${version}`);
}

function poolerCheck({ backend }: Session, { processId }: ServerFacts): Check {
  if (processId === backend.processId) return good("pooler", "none, or one that keeps sessions");
  return warning(
    "pooler",
    "a transaction pooler stands in between: runs are kept apart by a lease row, and nothing is set at session level",
    "It works; a direct connection is simpler where there is one.",
  );
}

function stateCheck({ isStandby, readOnly, database }: ServerFacts): Check {
  const why = isStandby ? STANDBY : readOnly && readOnlyByDefault(readOnly, database);
  return why ? fault("writable", `no: ${why.reason}`, why.hint) : good("writable", "yes");
}

const LIFTED = [
  "statement_timeout",
  "transaction_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
] as const;

/** Those that pgstep lifts are no trouble. */
function timeoutCheck({ backend }: Session, { settings, role, processId }: ServerFacts): Check {
  const lifted = LIFTED.filter((name) => Number(settings[name] ?? 0) > 0);
  if (lifted.length === 0) return good("timeouts", "none");
  const message = `pgstep lifts ${lifted.join(" and ")} for its migrations`;
  // Behind a transaction pooler nothing can be set for a statement that stands alone.
  const left = lifted.filter((name) => name === "statement_timeout" || name === "transaction_timeout");
  if (processId === backend.processId || left.length === 0) return good("timeouts", message);
  const limits = left.map((name) => `${name} of ${settings[name]} ms`).join(" and ");
  return warning(
    "timeouts",
    `${message}; what runs outside of one (CREATE INDEX CONCURRENTLY) has ${limits}`,
    left.map((name) => `ALTER ROLE ${sqlName(role)} SET ${name} = 0;`).join(" "),
  );
}
