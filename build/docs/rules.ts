import { RULES, type RuleId } from "../../src/core/failure/rules.ts";
import { code, GENERATED, table } from "./markdown.ts";
import { RULE_WORDS, SECTIONS } from "./rule-words.ts";

const IDS = Object.keys(RULES) as RuleId[];

export function rulesPage(): string {
  const starts = IDS.filter((id) => SECTIONS[id]);
  const sections = starts.map((start, index) => {
    const next = starts[index + 1];
    const ids = IDS.slice(IDS.indexOf(start), next && IDS.indexOf(next));
    const head = ["rule", "severity", "what it means", "what to do"];
    return `## ${SECTIONS[start]}\n\n${table(head, rowsOf(ids))}`;
  });
  return `${[
    GENERATED,
    "# Rules",
    "Every finding has a rule. The rule's name is the same in `--json`, in annotations, in SARIF, in GitLab's and\n" +
      "JUnit's reports, and in the log. After an error nothing is started, or the command exits with a status other\n" +
      "than 0; after a warning it continues. If the whole command fails, its code replaces the rule: [errors.md](errors.md).\n" +
      "The rules that judge what statements do to a busy database have pages of their own: [rules/](rules/README.md).",
    ...sections,
  ].join("\n\n")}\n`;
}

function rowsOf(ids: readonly RuleId[]): string[][] {
  const firsts = ids.filter((id, index) => RULE_WORDS[id] !== RULE_WORDS[ids[index - 1] ?? id] || index === 0);
  return firsts.map((first) => {
    const { meaning, remedy, severity } = RULE_WORDS[first];
    const sharing = ids.filter((id) => RULE_WORDS[id] === RULE_WORDS[first]);
    return [sharing.map(code).join(", "), severity ?? RULES[first], meaning, remedy];
  });
}
