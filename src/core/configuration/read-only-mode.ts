import type { CommandWords } from "../command-line/command.ts";
import { Failure } from "../failure/failure.ts";
import { describeOrigin } from "./origin.ts";
import type { ResolvedSettings } from "./resolve-settings.ts";

/**
 * Refuses a command that changes things in read-only mode.
 * @throws Failure read-only-mode
 */
export function requireWritable(
  { name, looksWith, changesFilesOnly }: CommandWords,
  { values, origins }: ResolvedSettings,
): void {
  if (!values.readOnly || changesFilesOnly) return;
  const look = looksWith === undefined ? "" : `To preview the command, run pgstep ${name} --${looksWith}. `;
  throw new Failure("read-only-mode", `pgstep ${name} changes a database, and pgstep runs in read-only mode`, {
    hint: `${look}Read-only mode is set by ${describeOrigin(origins.readOnly)}.`,
  });
}
