import {
  HOOK_MOMENTS,
  type HookCommand,
  type HookCommands,
  type HookMoment,
  keyOfMoment,
  shownCommand,
} from "../hooks/hook.ts";
import { nearest } from "../text/spelling.ts";
import type { Kind } from "./kinds.ts";

const KEYS = new Map<string, HookMoment>(HOOK_MOMENTS.map((moment) => [keyOfMoment(moment), moment]));

const COMMAND = {
  oneOf: [
    { type: "string", minLength: 1 },
    { type: "array", items: { type: "string" }, minItems: 1 },
  ],
};

/** Commands by the moment at which they run; as text, JSON. */
export const hookCommands: Kind<HookCommands> = {
  placeholder: "json",
  json: "object",
  expected: "an object of commands",
  hint: 'Write { "afterUp": "npm run types" }; a list is a program and its arguments, without a shell.',
  schema: {
    properties: Object.fromEntries([...KEYS.keys()].map((key) => [key, COMMAND])),
    additionalProperties: false,
  },
  objectProblem(given) {
    for (const [moment, command] of Object.entries(given)) {
      if (!HOOK_MOMENTS.some((known) => known === moment)) return `there is no moment "${moment}"`;
      if (!isCommand(command)) return `"${moment}" is neither a string nor a list of strings`;
    }
    return undefined;
  },
  read(written) {
    let given: unknown;
    try {
      given = JSON.parse(written);
    } catch {
      return { problem: "it is not JSON" };
    }
    if (typeof given !== "object" || given === null || Array.isArray(given)) return { problem: "it is not an object" };
    const commands: Partial<Record<HookMoment, HookCommand>> = {};
    for (const [key, command] of Object.entries(given) as [string, unknown][]) {
      const moment = KEYS.get(key);
      if (!moment) {
        const meant = nearest(key, [...KEYS.keys()]);
        return { problem: `there is no moment "${key}"${meant ? `; did you mean "${meant}"?` : ""}` };
      }
      if (!isCommand(command)) return { problem: `"${key}" is neither a string nor a list of strings` };
      commands[moment] = command;
    }
    return { value: commands };
  },
  show: (commands) =>
    JSON.stringify(
      Object.fromEntries(
        HOOK_MOMENTS.flatMap((moment) => {
          const command = shownCommand(commands, moment);
          return command === undefined ? [] : [[keyOfMoment(moment), command]];
        }),
      ),
    ),
  asWritten: (commands, written) => ({ ...commands, written }),
};

function isCommand(value: unknown): value is HookCommand {
  if (typeof value === "string") return value.trim() !== "";
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string") && value[0] !== "";
}
