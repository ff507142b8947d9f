import type { Command } from "../core/command.ts";
import type { Environment } from "../engine/environment.ts";
import { baseline } from "./baseline.ts";
import { down } from "./down.ts";
import { create } from "./new.ts";
import { redo } from "./redo.ts";
import { repair } from "./repair.ts";
import { reset } from "./reset.ts";
import { resolve } from "./resolve.ts";
import { status } from "./status.ts";
import { up } from "./up.ts";
import { validate } from "./validate.ts";

export { GLOBAL_OPTIONS } from "./global-options.ts";

/** A command of pgstep's. */
export type PgstepCommand = Command<Environment>;

/** In the order of the help; the first one is what happens when none is named. */
export const COMMANDS: readonly PgstepCommand[] = [
  up,
  status,
  down,
  redo,
  create,
  validate,
  baseline,
  repair,
  resolve,
  reset,
];
