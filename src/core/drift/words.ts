import type { Finding } from "../failure/failure.ts";
import { finding } from "../failure/failure.ts";
import { enumeration } from "../text/display.ts";
import type { DriftedObject, DriftReport } from "./drift-report.ts";

/** Parts of relations whose names begin with the relation's. */
const PARTS: ReadonlySet<string> = new Set(["constraint", "index", "trigger", "rule", "policy"]);

const REVOKED = "revoked privileges";

/** The object in words: "index orders_by_day on public.orders". */
export function objectWords({ kind, name, within }: Pick<DriftedObject, "kind" | "name" | "within">): string {
  const isPart = PARTS.has(kind) && within !== null && name.startsWith(`${within}.`);
  if (isPart) return `${kind} ${name.slice(within.length + 1)} on ${within}`;
  return `${kind === REVOKED ? "privileges" : kind} ${name}`;
}

/** One difference as a clause: "index orders_by_day on public.orders exists only in the database". */
export function differenceWords(object: DriftedObject): string {
  const what = objectWords(object);
  const more = object.details.length > 0 ? `: ${enumeration(object.details)}` : "";
  const arePrivileges = object.kind === "privileges" || object.kind === REVOKED;
  if (object.state === "changed") return `${what} ${arePrivileges ? "differ" : "differs"}${more}`;
  if (object.kind === REVOKED) {
    const where = object.state === "added" ? "revoked only in the database" : "not revoked in the database";
    return `${what} are ${where}${more}`;
  }
  const isAdded = object.state === "added";
  if (arePrivileges) return `${what} ${isAdded ? "exist only" : "are missing"} in the database${more}`;
  return `${what} ${isAdded ? "exists only" : "is missing"} in the database${more}`;
}

/** The differences as findings, for the formats that list findings; the warnings come first. */
export function driftFindings({ warnings, differences }: DriftReport): Finding[] {
  return [...warnings, ...differences.map((one) => finding("drift", { message: differenceWords(one) }))];
}
