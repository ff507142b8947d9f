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
    "Whatever pgstep finds in files, in the history or around a run has the name of a rule, the same in `--json`, in annotations,\n" +
      "in SARIF, in GitLab's and JUnit's reports, and in the log. With an error nothing is begun, or the command ends with a status\n" +
      "other than 0; with a warning it goes on. Where the whole command fails, its code stands in the rule's place: [errors.md](errors.md).",
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
