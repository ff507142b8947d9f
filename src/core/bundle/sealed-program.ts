import type { CommandWords } from "../command-line/command.ts";
import type { ResolvedSettings } from "../configuration/resolve-settings.ts";
import { Failure, usage } from "../failure/failure.ts";
import { disagreements, type Pin } from "../migrations/history-pin.ts";
import type { Report } from "../reports/report.ts";
import { SETTINGS } from "../settings/table.ts";
import type { Seal } from "./seal.ts";

/** The flags of settings in a sealed program: those that belong to the sealed files are as they were sealed. */
export function sealedFlags(seal: Seal, flags: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...flags, ...Object.entries(seal.settings)]);
}

/** The settings without what variables and files say of directories that were not named when it was sealed. */
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

/** Those that lie beside the migrations when they are not named. */
const OTHER_DIRECTORIES = ["repeatableDirectory", "hooksDirectory", "seedsDirectory"] as const;
const SEALED = ["directory", "schema", "table", ...OTHER_DIRECTORIES] as const;

/** @throws Failure usage for what cannot be done with sealed files */
export function refuseUnsealed(
  command: Pick<CommandWords, "name"> & { readonly ofCheckout?: true },
  flags: ReadonlyMap<string, string>,
): void {
  if (command.ofCheckout) {
    throw usage(
      `Cannot run ${command.name} here: the migrations are sealed in this file`,
      "Run it with pgstep where the migrations are written.",
    );
  }
  const flag = SEALED.map((name) => SETTINGS[name].flag).find((one) => flags.has(one));
  if (flag === undefined) return;
  throw usage(
    `Cannot use --${flag}: it is sealed in this file, together with the migrations`,
    "Leave it out; --manifest shows what is sealed.",
  );
}

/** A report as it was, and in a status whether the history agrees with the pin. */
export function withPin(report: Report, pin: Pin): Report {
  if (report.type !== "status") return report;
  const history = report.entries.flatMap(({ applied }) => applied ?? []);
  const findings = disagreements(pin, history).map((one) => ({ ...one, severity: "warning" as const }));
  return { ...report, warnings: [...report.warnings, ...findings] };
}

/** What is wrong with a seal that was damaged on its way. */
export function brokenSeal(path: string): Failure {
  return new Failure("settings", `Cannot use what is sealed in ${path}: its bytes are not those that were sealed`, {
    hint: "Copy the file again from where it was made, and compare its SHA-256.",
  });
}
