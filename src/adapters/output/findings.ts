import { isAbsolute, relative, resolve, sep } from "node:path";
import type { DriftReport } from "../../core/drift/drift-report.ts";
import { driftFindings } from "../../core/drift/words.ts";
import type { Failure, FilePlace, Finding } from "../../core/failure/failure.ts";
import { planFindings } from "../../core/plan/plan-findings.ts";
import type { PlanReport } from "../../core/plan/plan-report.ts";
import type { CheckReport } from "../../core/reports/check-report.ts";
import type { Report, ValidationReport } from "../../core/reports/report.ts";
import type { Variables } from "./output.ts";

/** A report whose result is a list of findings. */
export type InspectionReport = ValidationReport | CheckReport | DriftReport | PlanReport;

/** What a report found; undefined if its result is no list of findings. */
export function inspectedIn(
  report: Report,
): (Pick<Inspected, "migrations" | "findings"> & { readonly report: InspectionReport }) | undefined {
  switch (report.type) {
    case "validation":
    case "check":
      return { migrations: report.migrations, findings: report.findings, report };
    case "drift":
      return { migrations: report.migrations, findings: driftFindings(report), report };
    case "plan":
      return { migrations: report.steps.length, findings: planFindings(report), report };
    default:
      return undefined;
  }
}

/** The contents of a document for another program. */
export interface Inspected {
  /** The number of checked migrations; undefined if pgstep failed before it checked any. */
  readonly migrations: number | undefined;
  readonly findings: readonly Finding[];
  /** The whole report; undefined if pgstep failed before it checked any migration. */
  readonly report?: InspectionReport;
  /** The directory that paths are relative to. */
  readonly checkout: string;
  readonly toolVersion: string;
}

/** The findings of a failure, or the failure itself as a finding. */
export function findingsOf({ code, message, hint, place, server, findings }: Failure): readonly Finding[] {
  if (findings.length > 0) return findings;
  const said = [message, server?.detail && `DETAIL: ${server.detail}`, server?.hint && `HINT: ${server.hint}`];
  return [
    {
      rule: code,
      severity: "error",
      message: said.filter(Boolean).join("\n"),
      ...(hint !== undefined && { hint }),
      ...(place && { place }),
    },
  ];
}

/** The checkout directory of a CI service, from its variables; the working directory elsewhere. */
export function checkoutOf({ GITHUB_WORKSPACE, CI_PROJECT_DIR }: Variables): string {
  return GITHUB_WORKSPACE || CI_PROJECT_DIR || ".";
}

/** The path relative to the checkout, with slashes; unchanged if it is outside. */
export function checkoutPath({ path }: FilePlace, checkout: string): string {
  const within = relative(resolve(checkout), resolve(path));
  const outside = isAbsolute(within) || within.split(sep)[0] === "..";
  return (outside ? path : within || ".").split(sep).join("/");
}

/** The message, followed by the hint, or by what happens in production. */
export function withHint({ message, hint, why }: Finding, between = "\n"): string {
  const more = hint ?? why;
  return more ? `${message}${between}${more}` : message;
}
