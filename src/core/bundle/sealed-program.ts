import type { CommandWords } from "../command-line/command.ts";
import type { ResolvedSettings } from "../configuration/resolve-settings.ts";
import { Failure, usage } from "../failure/failure.ts";
import { disagreements, type Pin } from "../migrations/history-pin.ts";
import type { Report } from "../reports/report.ts";
import { SETTINGS } from "../settings/table.ts";
import type { Seal } from "./seal.ts";

/** The setting flags in a bundle: its own values of the file-related settings override typed ones. */
export function sealedFlags(seal: Seal, flags: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...flags, ...Object.entries(seal.settings)]);
}

/** The settings, ignoring variables and project files for directories that the bundle does not name. */
export function sealedSettings(seal: Seal, settings: ResolvedSettings): ResolvedSettings {
  const values = { ...settings.values };
  const origins = { ...settings.origins };
  for (const name of OTHER_DIRECTORIES) {
    if (SETTINGS[name].flag in seal.settings) continue;
    values[name] = undefined;
    origins[name] = { source: "default" };
  }
  return { ...settings, values, origins };
}

/** Directories that default to a place beside the migrations. */
const OTHER_DIRECTORIES = ["repeatableDirectory", "hooksDirectory", "seedsDirectory", "standInsDirectory"] as const;
const SEALED = ["directory", "schema", "table", ...OTHER_DIRECTORIES] as const;

/** @throws Failure usage for a command or flag that a bundle does not accept */
export function refuseUnsealed(
  command: Pick<CommandWords, "name"> & { readonly ofCheckout?: true },
  flags: ReadonlyMap<string, string>,
): void {
  if (command.ofCheckout) {
    throw usage(
      `Cannot run ${command.name}: this program is a bundle, with its migrations inside`,
      "Run pgstep in the checkout of the migrations instead.",
    );
  }
  const flag = SEALED.map((name) => SETTINGS[name].flag).find((one) => flags.has(one));
  if (flag === undefined) return;
  throw usage(
    `Cannot use --${flag}: this bundle fixes it, together with its migrations`,
    "Remove the flag; --manifest shows the bundle's settings.",
  );
}

/** Adds to a status report the disagreements of the history with the pin, as warnings; other reports stay unchanged. */
export function withPin(report: Report, pin: Pin): Report {
  if (report.type !== "status") return report;
  const history = report.entries.flatMap(({ applied }) => applied ?? []);
  const findings = disagreements(pin, history).map((one) => ({ ...one, severity: "warning" as const }));
  return { ...report, warnings: [...report.warnings, ...findings] };
}

/** The failure for a damaged seal. */
export function brokenSeal(path: string): Failure {
  return new Failure("settings", `Cannot use the bundle ${path}: it is damaged, its checksum does not match`, {
    hint: "Copy the file again from where it was built, and compare its SHA-256.",
  });
}
