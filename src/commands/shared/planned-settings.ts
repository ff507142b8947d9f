import type { PlanFile } from "../../core/plan/plan-file.ts";
import type { Environment } from "./environment.ts";

/** The settings that decide what a run does, by their names; none is secret. */
export function plannedSettings({ settings }: Pick<Environment, "settings">): PlanFile["settings"] {
  const { environment, schema, table, layout, backup, backupLimit, hookFailure } = settings.values;
  const values = { environment, schema, table, layout, backup, backupLimit, hookFailure };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
