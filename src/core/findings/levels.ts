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

/**
 * - safety: harm to production is an error, and rules of style are off
 * - strict: in addition, the rules of style that most teams want are warnings
 * - all: in addition, the other rules of style are warnings
 */
export const PRESETS = ["safety", "strict", "all"] as const;

export type Preset = (typeof PRESETS)[number];

type Graded = Pick<CheckRule, "id" | "group" | "isStrict">;

/** The first of the presets that turns the rule on; those after it do so too. */
export function presetOf({ group, isStrict }: Graded): Preset {
  if (group === "safety") return "safety";
  return isStrict ? "strict" : "all";
}

/** The level of each rule: as the settings say, else as the preset does. */
export function presetLevels(rules: readonly Graded[], preset: Preset, levels?: RuleLevels): RuleLevels {
  const ofStyle = (rule: Graded) => (PRESETS.indexOf(presetOf(rule)) <= PRESETS.indexOf(preset) ? "warning" : "off");
  return Object.fromEntries(
    rules.map((rule) => {
      const isGiven = levels?.[rule.id] !== undefined || levels?.[rule.group] !== undefined;
      return [rule.id, isGiven || rule.group === "safety" ? levelOf(rule, levels) : ofStyle(rule)];
    }),
  );
}

/** A rule's own level, else that of its group, else that of the preset safety. */
export function levelOf({ id, group }: Pick<CheckRule, "id" | "group">, levels: RuleLevels = {}): Level {
  return levels[id] ?? levels[group] ?? (group === "safety" ? "error" : "off");
}

/** True if a finding of this severity makes the command fail. */
export function reaches(severity: CheckSeverity, failOn: FailOn): boolean {
  return failOn !== "never" && LEVELS.indexOf(severity) >= LEVELS.indexOf(failOn);
}
