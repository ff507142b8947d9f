import type { Invocation } from "../../core/command.ts";
import { runOptions } from "../../core/option-values.ts";
import type { Environment } from "../environment.ts";
import type { RunOptions } from "../prepared-run.ts";
import { backUpBeforeRun } from "./before-run.ts";

/** How the steps of a plan are to be run, with the backup that they may need. */
export async function runWith(invocation: Invocation, environment: Environment): Promise<RunOptions> {
  return { ...runOptions(invocation), backUp: backUpBeforeRun(await environment.backupMeans()) };
}
