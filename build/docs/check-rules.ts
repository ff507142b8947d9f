import { CHECK_RULES } from "../../src/core/check/check-rules.ts";
import { rulePage } from "../../src/core/check/rule-page.ts";
import { code, GENERATED, table } from "./markdown.ts";

/** The pages of the rules of `check`, by path. */
export function checkRulePages(): [path: string, text: string][] {
  return [
    ["docs/rules/README.md", listPage()],
    ...CHECK_RULES.map((rule): [string, string] => [`docs/rules/${rule.id}.md`, `${GENERATED}\n\n${rulePage(rule)}`]),
  ];
}

function listPage(): string {
  const rows = CHECK_RULES.map(({ id, group, why }) => [
    `[${code(id)}](${id}.md)`,
    group === "safety" ? "error" : "off",
    why,
  ]);
  return `${[
    GENERATED,
    "# Rules of check",
    "`pgstep check` judges by these rules what migrations do to tables that were there before the file\n" +
      "([check.md](../check.md)). `pgstep check --explain <rule>` prints the same pages.",
    table(["rule", "severity", "what happens in production"], rows),
  ].join("\n\n")}\n`;
}
