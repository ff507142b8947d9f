import type { Invocation } from "../../core/command-line/command.ts";
import { backUpBeforeRun } from "../../engine/backup/before-run.ts";
import type { RunOptions } from "../../engine/run/run-plan.ts";
import type { Environment } from "./environment.ts";
import { runOptions } from "./options.ts";

/**
 * Options for running the steps of a plan, with the backup that they may need.
 * @param isUndo true for a command whose purpose is to undo migrations
 */
export async function runWith(invocation: Invocation, environment: Environment, isUndo: boolean): Promise<RunOptions> {
  return { ...runOptions(invocation), backUp: backUpBeforeRun(await environment.backupMeans(), isUndo) };
}
