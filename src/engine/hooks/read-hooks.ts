import type { Settings } from "../../core/configuration/settings.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
import { HOOK_MOMENTS, type Hook, parseHookName, shownCommand } from "../../core/hooks/hook.ts";
import { runsIn } from "../../core/migrations/header.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import { nearest } from "../../core/text/spelling.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { readSqlDirectory } from "../files/read-sql-directory.ts";

/** The hooks for this environment, in the order in which they run at each moment, and findings about the files. */
export interface Hooks {
  readonly hooks: readonly Hook[];
  readonly findings: readonly Finding[];
}

/**
 * Files run before commands, and a file for every environment before one for the chosen environment.
 * @throws Failure directory-unreadable
 */
export function readHooks(fileSystem: FileSystem, settings: Settings): Hooks {
  const { directory, hooksDirectory, environment, hooks: commands } = settings;
  const findings: Finding[] = [];
  const place = {
    path: hooksDirectory ?? directoryBeside(directory, "hooks"),
    isNamed: hooksDirectory !== undefined,
    doing: "read hooks from",
  };
  const files = readSqlDirectory(fileSystem, place, findings).flatMap(({ name, file }) => {
    const parsed = parseHookName(name);
    if (!parsed) {
      findings.push(misnamed(name, file.path));
      return [];
    }
    const isMeant = parsed.environment === undefined || parsed.environment === environment;
    return isMeant && runsIn(file.header, environment) ? [{ moment: parsed.moment, name: file.path, file }] : [];
  });
  const hooks = HOOK_MOMENTS.flatMap((moment): Hook[] => {
    const command = commands?.[moment];
    const own = files.filter((file) => file.moment === moment);
    if (command === undefined) return own;
    const shown = (commands && shownCommand(commands, moment)) ?? command;
    const name = typeof shown === "string" ? shown : shown.join(" ");
    return [...own, { moment, name, command }];
  });
  return { hooks, findings };
}

function misnamed(name: string, path: string): Finding {
  const meant = nearest(name.split(".", 1)[0] ?? "", HOOK_MOMENTS);
  return finding("hook-name", {
    message: `${name}.sql is not named like a hook, so it never runs`,
    hint: meant
      ? `Did you mean ${meant}.sql?`
      : `Hooks are ${HOOK_MOMENTS.join(", ")}, each with .sql or .<environment>.sql.`,
    place: { path },
  });
}
