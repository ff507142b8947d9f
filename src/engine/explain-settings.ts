import type { TargetValue } from "../core/connection/explanation.ts";
import { Failure } from "../core/error.ts";
import type { SettingReport, SettingsReport } from "../core/report.ts";
import { describeOrigin } from "../core/settings/origin.ts";
import { failureOf, type ResolvedSettings } from "../core/settings/resolve-settings.ts";
import { keyOf, SETTING_NAMES, settingOf } from "../core/settings/table.ts";

/** All settings with their origins, what a database would be reached with, and what is wrong with any of it. */
export async function explainSettings(
  resolved: ResolvedSettings,
  explainDatabase: () => Promise<readonly TargetValue[]>,
): Promise<SettingsReport> {
  const faults = [...resolved.faults];
  let connection: readonly TargetValue[] = [];
  try {
    // With a fault it may be another database than the one that is meant.
    if (faults.length === 0) connection = await explainDatabase();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    faults.push(error);
  }
  const failure = failureOf(faults);
  return {
    type: "settings",
    projectFile: resolved.projectFile,
    settings: SETTING_NAMES.map((name): SettingReport => {
      const { kind, flag, variables } = settingOf(name);
      const value = resolved.values[name];
      const origin = resolved.origins[name];
      return {
        name: keyOf(name),
        flag: `--${flag}`,
        variables,
        value: value === undefined ? undefined : kind.show(value),
        source: origin.source,
        origin: describeOrigin(origin),
      };
    }),
    connection: connection.map((row) => ({ ...row, origin: resolved.variablePlaces.get(row.origin) ?? row.origin })),
    ...(failure && { failure }),
  };
}
