import type { Finding } from "../../core/failure/failure.ts";
import { safeText } from "../../core/text/safe-text.ts";
import type { Inspected } from "../output/findings.ts";
import { checkoutPath, withHint } from "../output/findings.ts";
import { counted } from "../output/words.ts";

/**
 * A JUnit report for CI services: a failed test case for each error, and a passed one for each warning. A failure
 * before the files were checked is an error of the test itself.
 */
export function junitDocument({ findings, migrations, report, checkout }: Inspected): string {
  const looked = migrations !== undefined;
  const isDrift = report?.type === "drift";
  const command = isDrift ? "drift" : "validate";
  const wrong = findings.filter(({ severity }) => severity === "error").length;
  const cases = findings.map((finding) => testCase(finding, checkout, looked ? "failure" : "error"));
  if (looked && wrong === 0) {
    cases.unshift(
      `    <testcase name="${counted(migrations, "migration")} ${isDrift ? "compared" : "checked"}" classname="pgstep.${command}" time="0"/>`,
    );
  }
  const [failures, errors] = looked ? [wrong, 0] : [0, wrong];
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="0" time="0"`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="pgstep" ${counts}>`,
    `  <testsuite name="pgstep ${command}" ${counts}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n")}\n`;
}

function testCase(finding: Finding, checkout: string, outcome: "failure" | "error"): string {
  const { rule, severity, message, place } = finding;
  const file = place && checkoutPath(place, checkout);
  const where = [file, place?.line, place?.column].filter((part) => part !== undefined).join(":");
  const attributes = [
    // Objects have no place, and viewers join test cases of the same name.
    ["name", rule === "drift" ? message : where === "" ? rule : `${where} ${rule}`],
    ["classname", `pgstep.${rule}`],
    ["time", "0"],
    ...(file === undefined ? [] : [["file", file]]),
    ...(place?.line === undefined ? [] : [["line", `${place.line}`]]),
  ];
  const written = attributes.map(([name, value = ""]) => `${name}="${safeText(value, "xml-attribute")}"`).join(" ");
  const said = safeText(`${where === "" ? "" : `${where}: `}${withHint(finding)}`, "xml");
  const result =
    severity === "error"
      ? `<${outcome} message="${safeText(message, "xml-attribute")}" type="${safeText(rule, "xml-attribute")}">${said}</${outcome}>`
      : `<system-out>warning: ${said}</system-out>`;
  return `    <testcase ${written}>\n      ${result}\n    </testcase>`;
}
