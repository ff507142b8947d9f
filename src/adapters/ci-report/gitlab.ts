import { createHash } from "node:crypto";
import type { Finding } from "../../core/failure/failure.ts";
import { jsonText } from "../../core/text/display.ts";
import type { Inspected } from "../output/findings.ts";
import { checkoutPath, withHint } from "../output/findings.ts";

/** A GitLab code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
const GITLAB_SEVERITIES = { error: "major", warning: "minor", note: "info" } as const;

export function gitlabDocument({ findings, checkout }: Inspected): string {
  const marks = fingerprints(findings, checkout);
  const issues = findings.map((finding, index) => ({
    description: withHint(finding, ". ").replaceAll("\n", " "),
    check_name: finding.rule,
    fingerprint: marks[index],
    severity: GITLAB_SEVERITIES[finding.severity],
    // Both are required; a finding without a place is shown at the checkout as a whole.
    location: {
      path: finding.place ? checkoutPath(finding.place, checkout) : ".",
      lines: { begin: finding.place?.line ?? 1 },
    },
  }));
  return `${jsonText(issues, 2)}\n`;
}

/**
 * A name for each finding that stays the same when lines are added above it: CI services use it to tell new findings
 * from known ones, and show only one of each.
 */
export function fingerprints(findings: readonly Finding[], checkout: string): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, message, place }) => {
    const about = JSON.stringify([rule, place ? checkoutPath(place, checkout) : "", message]);
    const before = seen.get(about) ?? 0;
    seen.set(about, before + 1);
    return createHash("sha256").update(`${about}${before}`).digest("hex").slice(0, 32);
  });
}
