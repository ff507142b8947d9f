import type { SqlFile } from "../migrations/migration.ts";

/** When hooks are run: around a whole run, around each of its steps, and around a reset. */
export const HOOK_MOMENTS = [
  "before-up",
  "after-up",
  "before-step",
  "after-step",
  "before-down",
  "after-down",
  "before-reset",
  "after-reset",
] as const;

export type HookMoment = (typeof HOOK_MOMENTS)[number];

/** A text is for a shell; a list is a program and its arguments. */
export type HookCommand = string | readonly string[];

export type HookCommands = { readonly [Moment in HookMoment]?: HookCommand } & {
  /** As they are shown: before variables, which may be secret, were put into them. */
  readonly written?: { readonly [Moment in HookMoment]?: HookCommand };
};

/** Something of the user's that is run at a moment: a file of SQL, or a command. */
export type Hook =
  | { readonly moment: HookMoment; readonly name: string; readonly file: SqlFile }
  | { readonly moment: HookMoment; readonly name: string; readonly command: HookCommand };

/** What became of a hook. */
export interface HookReport {
  readonly moment: HookMoment;
  /** The path of the file, or the command. */
  readonly name: string;
  /** "in-doubt" is for SQL whose commit was under way, or confirmed by a server that may have lost it. */
  readonly outcome: "done" | "failed" | "in-doubt";
  /** Whole milliseconds. */
  readonly durationMs: number;
}

/** A file's moment, and the environment it is for, from its name without its ending; undefined for another name. */
export function parseHookName(name: string): { moment: HookMoment; environment: string | undefined } | undefined {
  const [, word, environment] = /^([a-z-]+?)(?:\.(.+))?$/.exec(name) ?? [];
  const moment = HOOK_MOMENTS.find((one) => one === word);
  return moment && { moment, environment };
}

/**
 * A command as it may be shown: as a file has it, before variables were put into it; of one that came in a variable or a
 * flag, where nobody expects it to be shown, the program alone.
 */
export function shownCommand(commands: HookCommands, moment: HookMoment): HookCommand | undefined {
  const { written } = commands;
  if (written) return written[moment];
  const command = commands[moment];
  if (command === undefined) return undefined;
  const words = typeof command === "string" ? command.trim().split(/\s+/) : command;
  const program = words.find((word) => !/^\w+=/.test(word)) ?? "";
  const shown = [program, ...(words.length > 1 ? ["..."] : [])];
  return typeof command === "string" ? shown.join(" ") : shown;
}

/** As the project file spells it: "afterUp". */
export function keyOfMoment(moment: HookMoment): string {
  return moment.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
}
