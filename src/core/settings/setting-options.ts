import type { Option } from "../command-line/command.ts";
import { SETTING_NAMES, type Setting, type SettingName, settingOf } from "./table.ts";

/** The option for this setting, for the commands that take it. */
export function settingOption(name: SettingName): Option {
  const setting = settingOf(name);
  const { flag, otherFlag, kind, variables } = setting;
  const path = kind.placeholder === "directory" || kind.placeholder === "file" ? kind.placeholder : undefined;
  const completes = kind.words ?? path;
  return {
    name: flag,
    ...(otherFlag !== undefined && { otherName: otherFlag }),
    ...(kind.placeholder !== undefined && { value: kind.placeholder }),
    summary: summaryOf(setting),
    ...(kind.completes !== undefined && { completes: kind.completes }),
    ...(variables.length > 0 && { variable: variables.join(", ") }),
    ...(completes && { completes }),
  };
}

/** The options of the settings that every command takes, in the order of the table. */
export function everywhereOptions(): Option[] {
  return SETTING_NAMES.filter((name) => settingOf(name).everywhere).flatMap((name) => [
    settingOption(name),
    ...shorthandOptions(name),
  ]);
}

/** The options without a value that stand for one of its values. */
export function shorthandOptions(name: SettingName): Option[] {
  const { shorthands = [], signals = [] } = settingOf(name);
  return shorthands.map(({ flag, value, summary }) => {
    const variables = signals.filter((signal) => signal.value("1") === value).map(({ variable }) => variable);
    return { name: flag, summary, ...(variables.length > 0 && { variable: variables.join(", ") }) };
  });
}

/** The summary with its words, default and note. */
export function summaryOf({ summary, kind, default: fallback, note }: Setting): string {
  const words = kind.words ? `: ${kind.words.join(", ")}` : "";
  // A switch is off by default: help does not repeat that.
  const notes = [kind.placeholder === undefined ? undefined : fallback, note].filter((one) => one !== undefined);
  return summary + words + (notes.length === 0 ? "" : ` (${notes.join("; ")})`);
}
