import { Failure } from "../../core/failure/failure.ts";
import { type Check, good, problem, warning } from "../../core/reports/diagnosis.ts";
import { validate } from "../check/validate.ts";
import { readHooks } from "../hooks/read-hooks.ts";
import { readRepeatables } from "../repeatable/plan.ts";
import { readSeeds } from "../seed/read-seeds.ts";
import type { Context } from "../session/context.ts";

const TOPIC = "migrations";

/** Checks that the directories can be read, and that `validate` finds nothing in the files; counts the files. */
export async function filesCheck(context: Context): Promise<Check> {
  const { fileSystem, settings } = context;
  const { directory } = settings;
  try {
    const { migrations, findings } = await validate(context, undefined);
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const warnings = findings.length - errors;
    const summary = [
      `${migrations} in ${directory}`,
      ...some(readRepeatables(context).files.length, "repeatable", "repeatable"),
      ...some(readSeeds(fileSystem, settings).seeds.length, "seed"),
      ...some(readHooks(fileSystem, settings).hooks.length, "hook"),
      ...some(errors, "error"),
      ...some(warnings, "warning"),
    ].join(", ");
    const see = "Run pgstep validate to see them.";
    if (errors > 0) return problem(TOPIC, summary, see);
    if (migrations === 0)
      return warning(
        TOPIC,
        `none in ${directory}`,
        "Name another directory with --dir, or run pgstep new <description>.",
      );
    return warnings > 0 ? warning(TOPIC, summary, see) : good(TOPIC, `${summary}, no findings`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return problem(TOPIC, error.message, error.hint);
  }
}

function some(count: number, noun: string, plural = `${noun}s`): string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? noun : plural}`];
}
