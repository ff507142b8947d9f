import { describeOrigin } from "../../core/configuration/origin.ts";
import { failureOf, type ResolvedSettings } from "../../core/configuration/resolve-settings.ts";
import type { TargetValue } from "../../core/connection/explanation.ts";
import { Failure } from "../../core/failure/failure.ts";
import type { SettingReport, SettingsReport } from "../../core/reports/report.ts";
import { keyOf, SETTING_NAMES, type SettingName, settingOf } from "../../core/settings/table.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** All settings with their origins, the resulting connection, and the errors in them. */
export async function explainSettings(
  resolved: ResolvedSettings,
  explainDatabase: () => Promise<readonly TargetValue[]>,
  fileSystem: Pick<FileSystem, "list">,
): Promise<SettingsReport> {
  const problems = [...resolved.problems];
  let connection: readonly TargetValue[] = [];
  try {
    // With an error in the settings it may be the wrong database.
    if (problems.length === 0) connection = await explainDatabase();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    problems.push(error);
  }
  const failure = failureOf(problems);
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
        value: value === undefined ? undefined : shown(name, kind.show(value), fileSystem),
        source: origin.source,
        origin: describeOrigin(origin),
      };
    }),
    connection: connection.map((row) => ({ ...row, origin: resolved.variablePlaces.get(row.origin) ?? row.origin })),
    ...(failure && { failure }),
  };
}

/** A missing password file may be the password itself, given to the wrong flag. */
function shown(name: SettingName, value: string, fileSystem: Pick<FileSystem, "list">): string {
  return name === "passwordFile" && !isThere(value, fileSystem) ? "***" : value;
}

function isThere(path: string, fileSystem: Pick<FileSystem, "list">): boolean {
  const slash = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  const directory = slash === -1 ? "." : path.slice(0, slash) || "/";
  try {
    return fileSystem.list(directory).some((entry) => entry.name === path.slice(slash + 1));
  } catch {
    return false;
  }
}
