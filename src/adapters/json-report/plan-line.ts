import type { PlannedStatement, PlanReport } from "../../core/plan/plan-report.ts";
import { fields, jsonCheckFinding, jsonPlace, jsonStandIn, orNull } from "./parts.ts";

export function jsonPlan({ steps, sessions, findings, ...report }: PlanReport) {
  return {
    ...fields(report, "type", "database", "alreadyApplied"),
    steps: steps.map(({ statements, ...step }) => ({ ...step, statements: statements.map(jsonStatement) })),
    ...fields(report, "singleTransaction", "hooks", "file", "backup"),
    trial: orNull(report.trial, ({ standIns, ...trial }) => ({ ...trial, standIns: standIns.map(jsonStandIn) })),
    ...{ sessions: sessions.map(jsonCheckFinding), findings: findings.map(jsonCheckFinding) },
    ...fields(report, "samples", "ignored", "known"),
  };
}

function jsonStatement({ place, touches, work, ...statement }: PlannedStatement) {
  return {
    place: jsonPlace(place),
    ...fields(statement, "statement", "inTransaction"),
    touches: touches.map((touch) => ({
      ...fields(touch, "relation", "isNew", "lock", "blocks", "rewritten", "scanned"),
      ...fields(touch, "rows", "bytes"),
    })),
    outside: statement.outside ?? null,
    work: orNull(work, (one) => fields(one, "kind", "relations", "rows", "bytes", "diskBytes", "durationMs")),
    ...fields(statement, "rows", "unknown", "destroys", "breaks"),
  };
}
