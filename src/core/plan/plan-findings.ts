import type { Finding } from "../failure/failure.ts";
import type { PlanReport } from "./plan-report.ts";

/** Everything that a plan has found: about other sessions first, because that may change at any moment. */
export function planFindings({ sessions, findings }: Pick<PlanReport, "sessions" | "findings">): Finding[] {
  return [...sessions, ...findings];
}
