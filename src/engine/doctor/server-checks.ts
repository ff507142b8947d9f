import { type Check, good, problem, sqlName, warning } from "../../core/reports/diagnosis.ts";
import type { Session } from "../../ports/session.ts";
import { readOnlyByDefault, STANDBY } from "../history/read-only.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ServerFacts } from "./server-facts.ts";

/** The major versions that pgstep is tested with. */
const OLDEST = 14;
const NEWEST = 18;

/** Checks the kind of server, and settings that affect migrations. */
export function* serverChecks(_: DatabaseContext, session: Session, facts: ServerFacts): Generator<Check> {
  yield versionCheck(session, facts);
  if (!session.backend.embedded) yield poolerCheck(session, facts);
  yield stateCheck(facts);
  const { settings, eventTriggers, role } = facts;
  if (settings.server_encoding !== "UTF8") {
    yield warning(
      "encoding",
      `the encoding ${settings.server_encoding} of the database cannot store every character`,
      "Create databases with ENCODING 'UTF8'.",
    );
  }
  if (settings.session_replication_role !== "origin") {
    yield warning(
      "replication role",
      `session_replication_role is ${settings.session_replication_role}: triggers and foreign keys have no effect`,
      `ALTER ROLE ${sqlName(role)} RESET session_replication_role;`,
    );
  }
  yield timeoutCheck(session, facts);
  if (eventTriggers.length > 0) {
    yield warning("event triggers", `these run on schema changes: ${eventTriggers.join(", ")}`);
  }
}

function versionCheck({ backend }: Session, { version }: ServerFacts): Check {
  const major = Math.floor(backend.serverVersion / 10_000);
  const range = `${OLDEST} to ${NEWEST}`;
  if (major < OLDEST) {
    return warning("version", `PostgreSQL ${version}: pgstep supports ${range}`, "Upgrade the server.");
  }
  if (major > NEWEST) {
    return warning("version", `PostgreSQL ${version}: this pgstep supports ${range}`, "Check for a newer pgstep.");
  }
  return good("version", `PostgreSQL ${version}`);
}

function poolerCheck({ backend }: Session, { processId }: ServerFacts): Check {
  if (processId === backend.processId) return good("pooler", "none, or one in session mode");
  return warning(
    "pooler",
    "the connection goes through a transaction pooler: a lease row keeps runs apart, and no session settings are used",
    "This works; a direct connection is simpler where possible.",
  );
}

function stateCheck({ isStandby, readOnly, database }: ServerFacts): Check {
  const why = isStandby ? STANDBY : readOnly && readOnlyByDefault(readOnly, database);
  return why ? problem("writable", `no: ${why.reason}`, why.hint) : good("writable", "yes");
}

const LIFTED = [
  "statement_timeout",
  "transaction_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
] as const;

/** Timeouts that pgstep turns off are harmless. */
function timeoutCheck({ backend }: Session, { settings, role, processId }: ServerFacts): Check {
  const lifted = LIFTED.filter((name) => Number(settings[name] ?? 0) > 0);
  if (lifted.length === 0) return good("timeouts", "none");
  const message = `pgstep turns off ${lifted.join(" and ")} for its migrations`;
  // Behind a transaction pooler nothing can be set for a statement outside a transaction.
  const left = lifted.filter((name) => name === "statement_timeout" || name === "transaction_timeout");
  if (processId === backend.processId || left.length === 0) return good("timeouts", message);
  const limits = left.map((name) => `${name} of ${settings[name]} ms`).join(" and ");
  return warning(
    "timeouts",
    `${message}; statements outside a transaction (CREATE INDEX CONCURRENTLY) have ${limits}`,
    left.map((name) => `ALTER ROLE ${sqlName(role)} SET ${name} = 0;`).join(" "),
  );
}
