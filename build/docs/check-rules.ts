import type { CheckRule } from "../../src/core/check/rule.ts";
import { rulePage } from "../../src/core/check/rule.ts";
import { CHECK_RULES, SAFETY_RULES, STYLE_RULES } from "../../src/core/findings/check-rules.ts";
import { PRESETS, presetOf } from "../../src/core/findings/levels.ts";
import { code, GENERATED, table } from "./markdown.ts";

/** The pages of the rules of `check`, by path. */
export function checkRulePages(): [path: string, text: string][] {
  return [
    ["docs/rules/README.md", listPage()],
    ...CHECK_RULES.map((rule): [string, string] => [`docs/rules/${rule.id}.md`, `${GENERATED}\n\n${rulePage(rule)}`]),
  ];
}

function listPage(): string {
  const rows = (rules: readonly CheckRule[]) => rules.map(({ id, why }) => [`[${code(id)}](${id}.md)`, why]);
  return `${[
    GENERATED,
    "# Rules of check",
    "`pgstep check` ([check.md](../check.md)) has two groups of rules. `pgstep check --explain <rule>` prints the same pages;\n" +
      "with `--json` it prints an object.",
    "## Safety",
    "What migrations do to tables that were there before the file. Each finding is an error, unless the key `rules` of the\n" +
      "project file gives the rule, or the group `safety`, another severity.",
    table(["rule", "what happens in production"], rows(SAFETY_RULES)),
    "## Style",
    "Types, names, keys and indexes as they are after a file, also of new tables, and how statements are written. These\n" +
      "rules are off, unless `--preset` turns them on as warnings, or `rules` gives a rule, or the group `style`, a severity.",
    ...PRESETS.filter((one) => one !== "safety").flatMap((preset) => [
      `### Preset ${code(preset)}`,
      table(["rule", "why another way is better"], rows(STYLE_RULES.filter((rule) => presetOf(rule) === preset))),
    ]),
  ].join("\n\n")}\n`;
}
