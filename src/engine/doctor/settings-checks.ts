import type { ResolvedSettings } from "../../core/configuration/resolve-settings.ts";
import type { Failure, Finding } from "../../core/failure/failure.ts";
import { type Check, good, problem, warning } from "../../core/reports/diagnosis.ts";

const TOPIC = "settings";

/** One check for each error and warning in the settings, or one that says that there is none. */
export function settingsChecks({ projectFile, warnings }: ResolvedSettings, failure: Failure | undefined): Check[] {
  const wrong = failure && failure.findings.length > 0 ? failure.findings : failure ? [failure] : [];
  const found = [
    ...wrong.map((one) => problem(TOPIC, placed(one), one.hint)),
    ...warnings.map((one) => warning(TOPIC, placed(one), one.hint)),
  ];
  if (found.length > 0) return found;
  const file = projectFile === undefined ? "there is no project file" : `the project file is ${projectFile}`;
  return [good(TOPIC, `no errors; ${file}`)];
}

/** The place first, so the message need not name the file again. */
function placed({ message, place }: Pick<Finding | Failure, "message" | "place">): string {
  if (!place) return message;
  const { path, line, column } = place;
  const reason = message.split(`${path}: `)[1] ?? message;
  return `${[path, line, column].filter((part) => part !== undefined).join(":")}: ${reason}`;
}
