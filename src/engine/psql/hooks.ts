import type { HookMoment } from "../../core/hooks/hook.ts";
import { AFTER_UP_MARK, clearMarkSql, setMarkSql } from "../history/journal.ts";
import type { LoadedHook } from "../hooks/run-hooks.ts";
import type { AroundSteps } from "../run/around-run.ts";
import type { Script } from "../script/load-scripts.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { BEGIN_FILES, endFileSql } from "../step/file-transaction.ts";
import { bookkeeping } from "../step/one-statement.ts";
import { localSettings, type Run } from "../step/session-settings.ts";
import { comment, echo, inOne, psqlText, writtenScript } from "./text.ts";

/** The hooks of a moment, each in a transaction of its own. */
export function hooksAt(run: Run, hooks: readonly LoadedHook[], moment: HookMoment): string[] {
  return hooks.flatMap(({ hook, script }) => (script && hook.moment === moment ? oneHook(run, moment, script) : []));
}

/** The hooks after a run, with the mark that they have to run until they have run. */
export function hooksAfterUp(run: Run, hooks: readonly LoadedHook[], { afterUpUnfinished }: AroundSteps): string[] {
  const lines = hooksAt(run, hooks, "after-up");
  const cleared = inOne([bookkeeping(run), clearMarkSql(run.names, AFTER_UP_MARK)]);
  if (lines.length === 0) return afterUpUnfinished ? [...cleared, ""] : [];
  return [
    comment("A mark that the after-up hooks have to run"),
    ...inOne([bookkeeping(run), ...setMarkSql(run.names, AFTER_UP_MARK)]),
    "",
    ...lines,
    ...cleared,
    "",
  ];
}

function oneHook(run: Run, moment: HookMoment, script: Script): string[] {
  const what = `hook ${moment} (${script.path})`;
  const work = [
    `${BEGIN_FILES};`,
    `${run.lock.guard}${localSettings(run, script)}`,
    ...writtenScript(script),
    endFileSql(run),
  ];
  const end = [`${COMMIT};`, echo(`${what} is done`)];
  if (run.context.settings.hookFailure === "stop") return [comment(what), ...work, ...end, ""];
  return [
    comment(`${what}: the run continues if it fails`),
    "\\set ON_ERROR_STOP off",
    ...work,
    "\\if :ERROR",
    "ROLLBACK;",
    `\\warn ${psqlText(`warning: the ${what} failed, and the run continues`)}`,
    "\\else",
    ...end,
    "\\endif",
    "\\set ON_ERROR_STOP on",
    "",
  ];
}
