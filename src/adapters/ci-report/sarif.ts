import { rulePage } from "../../core/check/rule.ts";
import type { Finding } from "../../core/failure/failure.ts";
import { CHECK_RULES } from "../../core/findings/check-rules.ts";
import { jsonText } from "../../core/text/display.ts";
import type { Inspected } from "../output/findings.ts";
import { checkoutPath, withHint } from "../output/findings.ts";
import { fingerprints } from "./gitlab.ts";

/** A log in the Static Analysis Results Interchange Format 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function sarifDocument({ findings, migrations, checkout, toolVersion }: Inspected): string {
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  const marks = fingerprints(findings, checkout);
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "pgstep", semanticVersion: toolVersion, rules: rules.map(ruleObject) },
        },
        // False if pgstep failed before it checked the files.
        invocations: [{ executionSuccessful: migrations !== undefined }],
        columnKind: "unicodeCodePoints",
        results: findings.map((finding, index) => ({
          ruleId: finding.rule,
          ruleIndex: rules.indexOf(finding.rule),
          level: finding.severity,
          message: { text: withHint(finding) },
          locations: [location(finding, checkout)],
          partialFingerprints: { "pgstep/v1": marks[index] },
        })),
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}

/** GitHub shows the description above each finding of the rule. */
function ruleObject(id: string) {
  const rule = CHECK_RULES.find((one) => one.id === id);
  if (!rule) return { id, shortDescription: { text: id.replaceAll("-", " ") } };
  const { title, why, recipe } = rule;
  return {
    ...{ id, shortDescription: { text: title }, fullDescription: { text: why } },
    help: { text: `${why}\n\n${recipe}`, markdown: rulePage(rule) },
  };
}

/** Each result needs one; a finding without a place is shown at the checkout as a whole. */
function location({ place }: Finding, checkout: string) {
  const path = place ? checkoutPath(place, checkout) : ".";
  const region = place?.line !== undefined && {
    startLine: place.line,
    ...(place.column !== undefined && { startColumn: place.column }),
  };
  return {
    physicalLocation: {
      artifactLocation: { uri: path.split("/").map(escaped).join("/"), uriBaseId: "%SRCROOT%" },
      ...(region && { region }),
    },
  };
}

/** A path segment for a URI, which cannot contain half of a surrogate pair. */
function escaped(part: string): string {
  return encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\ufffd"));
}
