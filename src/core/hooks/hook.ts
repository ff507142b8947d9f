import type { SqlFile } from "../migrations/migration.ts";

/** When hooks run: around a whole run, around each of its steps, and around a reset. */
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

/** A string runs in a shell; a list is a program and its arguments. */
export type HookCommand = string | readonly string[];

export type HookCommands = { readonly [Moment in HookMoment]?: HookCommand } & {
  /** The commands as messages show them, without the values of variables, which may be secret. */
  readonly written?: { readonly [Moment in HookMoment]?: HookCommand };
};

/** A hook of the user: an SQL file or a command. */
export type Hook =
  | { readonly moment: HookMoment; readonly name: string; readonly file: SqlFile }
  | { readonly moment: HookMoment; readonly name: string; readonly command: HookCommand };

/** The result of one hook. */
export interface HookReport {
  readonly moment: HookMoment;
  /** The path of the file, or the command. */
  readonly name: string;
  /** "in-doubt": SQL whose commit was in flight, or was confirmed by a server that may have lost it. */
  readonly outcome: "done" | "failed" | "in-doubt";
  /** Whole milliseconds. */
  readonly durationMs: number;
}

/** The moment and environment in the name of a hook file, without its ending; undefined for another name. */
export function parseHookName(name: string): { moment: HookMoment; environment: string | undefined } | undefined {
  const [, word, environment] = /^([a-z-]+?)(?:\.(.+))?$/.exec(name) ?? [];
  const moment = HOOK_MOMENTS.find((one) => one === word);
  return moment && { moment, environment };
}

/**
 * A command as messages show it: as written in the project file, without the values of variables. A command from a
 * variable or a flag shows only its program.
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

/** The key in the project file: "afterUp". */
export function keyOfMoment(moment: HookMoment): string {
  return moment.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
}
