import { RULE_GROUPS } from "../check/rule.ts";
import { CHECK_RULES } from "../findings/check-rules.ts";
import { LEVELS, type Level, type RuleLevels } from "../findings/levels.ts";
import { nearest } from "../text/spelling.ts";
import type { Kind } from "./kinds.ts";

/** The names that may have a severity: a group sets all of its rules. */
const names = (): readonly string[] => [...RULE_GROUPS, ...CHECK_RULES.map(({ id }) => id)];

/** `rule=severity,group=severity`; in JSON, an object. Getters keep the rules out of commands that do not use them. */
export const ruleLevels: Kind<RuleLevels> = {
  placeholder: "rule=severity,...",
  json: "object",
  expected: "an object of rules and severities",
  get hint() {
    const [example] = CHECK_RULES.map(({ id }) => id);
    return `Write --rules ${example}=warning; in a file { "${example}": "warning" }. The severities are ${LEVELS.join(", ")}.`;
  },
  get schema() {
    return {
      properties: Object.fromEntries(names().map((id) => [id, { enum: LEVELS }])),
      additionalProperties: false,
    };
  },
  objectProblem(given) {
    const read = fromPairs(Object.entries(given));
    return "problem" in read ? read.problem : undefined;
  },
  read(written) {
    if (!written.startsWith("{")) return fromPairs(written.split(",").map((pair) => splitPair(pair.trim())));
    try {
      return fromPairs(Object.entries(JSON.parse(written) as object));
    } catch {
      return { problem: "it is not JSON" };
    }
  },
  show: (levels) =>
    Object.entries(levels)
      .map((pair) => pair.join("="))
      .join(","),
  merge: (stronger, weaker) => ({ ...weaker, ...stronger }),
};

function splitPair(pair: string): readonly [id: string, level: string] {
  const at = pair.indexOf("=");
  return at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

function fromPairs(pairs: readonly (readonly [id: string, level: unknown])[]): ReturnType<Kind<RuleLevels>["read"]> {
  const levels: Record<string, Level> = {};
  for (const [id, given] of pairs) {
    if (!names().includes(id)) {
      const meant = nearest(id, names());
      return { problem: `there is no rule "${id}"${meant ? `; did you mean "${meant}"?` : ""}` };
    }
    const level = LEVELS.find((one) => one === given);
    if (level === undefined) return { problem: `the severity of ${id} is not one of ${LEVELS.join(", ")}` };
    levels[id] = level;
  }
  return { value: levels };
}
