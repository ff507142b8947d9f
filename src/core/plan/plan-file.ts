import { createHash } from "node:crypto";
import type { Finding } from "../failure/failure.ts";
import type { UpTarget } from "../migrations/plan.ts";
import { masked } from "../secrets/masking.ts";
import { jsonText } from "../text/display.ts";

/*
 * The file of a plan that was reviewed: everything that decides what `up` does, so that a run can refuse when something
 * of it has changed. It has names, checksums and digests, and no value of a placeholder.
 */

export interface PlanFile {
  /** The version of pgstep that made it. */
  readonly pgstep: string;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly validUntil: string;
  readonly database: DatabaseIdentity;
  readonly history: PlannedHistory;
  readonly target: UpTarget;
  readonly singleTransaction: boolean;
  /** Settings that decide what a run does, as text by their names. */
  readonly settings: Readonly<Record<string, string>>;
  readonly placeholders: PlannedPlaceholders;
  /** The files in the order of the run. */
  readonly files: readonly PlannedFile[];
  /** The existing relations that the run touches. */
  readonly relations: readonly PlannedRelation[];
  readonly findings: readonly Pick<Finding, "rule" | "severity" | "message">[];
}

/** Identifies a database among all others. */
export interface DatabaseIdentity {
  readonly name: string;
  readonly oid: string;
  /** Of the server's data directory; null if the role may not read it. */
  readonly system: string | null;
}

/** The migrations that a database has. */
export interface PlannedHistory {
  readonly applied: number;
  readonly newest: string | null;
  /** Of all versions with their checksums, and of what is not finished. */
  readonly digest: string;
}

export interface PlannedRelation {
  readonly schema: string;
  readonly name: string;
  /** Of its definition with its columns, indexes, constraints and triggers. */
  readonly digest: string;
}

export interface PlannedPlaceholders {
  readonly names: readonly string[];
  /** Of the values that are not secret. */
  readonly digest: string;
}

export interface PlannedFile {
  readonly kind: "migration" | "down script" | "repeatable migration" | "hook";
  readonly name: string;
  /** Null for a hook that is a command. */
  readonly checksum: string | null;
}

/** Another shape of the file has another number. */
const FORMAT = 1;

/** Why a text is no plan that this pgstep can use. */
export type PlanProblem =
  | { readonly problem: "no-plan" | "edited" }
  | { readonly problem: "newer"; readonly by: string };

/** The text of the file. Its last field is the checksum of everything before. */
export function writePlanFile(plan: PlanFile): string {
  const findings = plan.findings.map(({ rule, severity, message }) => ({ rule, severity, message: masked(message) }));
  const content = { format: FORMAT, ...plan, findings };
  return `${jsonText({ ...content, checksum: checksumOf(content) }, 2)}\n`;
}

/** Reads such a text. */
export function readPlanFile(text: string): PlanFile | PlanProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "no-plan" };
  }
  if (typeof value !== "object" || value === null || !("format" in value)) return { problem: "no-plan" };
  const { checksum, ...content } = value as { readonly format: unknown; readonly checksum?: unknown };
  const { pgstep, database } = content as Partial<PlanFile>;
  if (typeof content.format !== "number" || typeof pgstep !== "string") return { problem: "no-plan" };
  if (content.format > FORMAT) return { problem: "newer", by: pgstep };
  if (checksum !== checksumOf(content) || typeof database !== "object") return { problem: "edited" };
  const { format: _, ...plan } = content;
  return plan as unknown as PlanFile;
}

function checksumOf(content: object): string {
  return digestOf(content);
}

/** Equal for equal values whose fields are in the same order. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
