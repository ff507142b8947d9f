import type { CheckRule } from "../check/rule.ts";

/*
 * How much a finding of `check` weighs: each rule has a level, which the settings can change, and the command fails from
 * a severity on.
 */

/** Weakest first. A rule that is off finds nothing. */
export const LEVELS = ["off", "note", "warning", "error"] as const;

export type Level = (typeof LEVELS)[number];

export type CheckSeverity = Exclude<Level, "off">;

/** The values of --fail-on: the weakest severity that makes the command fail. */
export const FAIL_ON = ["error", "warning", "note", "never"] as const;

export type FailOn = (typeof FAIL_ON)[number];

/** The levels that the settings give, by the id of a rule or by its group. */
export type RuleLevels = Readonly<Record<string, Level>>;

/** A rule's own level, else that of its group. By default, harm to production is an error, and rules of style are off. */
export function levelOf({ id, group }: Pick<CheckRule, "id" | "group">, levels: RuleLevels = {}): Level {
  return levels[id] ?? levels[group] ?? (group === "safety" ? "error" : "off");
}

/** True if a finding of this severity makes the command fail. */
export function reaches(severity: CheckSeverity, failOn: FailOn): boolean {
  return failOn !== "never" && LEVELS.indexOf(severity) >= LEVELS.indexOf(failOn);
}
