import type { Command, TextCommand, Vocabulary } from "../core/command-line/command.ts";
import { backup } from "./backup.ts";
import { baseline } from "./baseline.ts";
import { bundle } from "./bundle.ts";
import { check } from "./check.ts";
import { completion } from "./completion.ts";
import { config } from "./config.ts";
import { diff } from "./diff.ts";
import { doctor } from "./doctor.ts";
import { down } from "./down.ts";
import { drift } from "./drift.ts";
import { dump } from "./dump.ts";
import { exportCommand } from "./export.ts";
import { helpOn } from "./help.ts";
import { importCommand } from "./import.ts";
import { init } from "./init.ts";
import { load } from "./load.ts";
import { create } from "./new.ts";
import { plan } from "./plan.ts";
import { protect } from "./protect.ts";
import { redo } from "./redo.ts";
import { repair } from "./repair.ts";
import { reset } from "./reset.ts";
import { resolve } from "./resolve.ts";
import { restore } from "./restore.ts";
import { seed } from "./seed.ts";
import type { Environment } from "./shared/environment.ts";
import { GLOBAL_OPTIONS } from "./shared/global-options.ts";
import { stats } from "./stats.ts";
import { status } from "./status.ts";
import { types } from "./types.ts";
import { unprotect } from "./unprotect.ts";
import { up } from "./up.ts";
import { validate } from "./validate.ts";
import { wait } from "./wait.ts";

export { GLOBAL_OPTIONS };

/** A pgstep command. */
export type PgstepCommand = Command<Environment>;

/** The command that runs when none is named comes first. */
const GROUPS = {
  Everyday: [up, status, down, create, seed, types],
  Safety: [check, validate, drift, doctor, repair, protect],
  Data: [dump, diff, backup, restore, reset],
  Setup: [init, baseline, bundle, config],
} as const satisfies Readonly<Record<string, readonly PgstepCommand[]>>;

/** Commands that share the line of a related one in the help, to stay on one screen. */
const NAMED_WITH_ANOTHER: readonly PgstepCommand[] = [
  plan,
  redo,
  stats,
  resolve,
  load,
  wait,
  unprotect,
  importCommand,
  exportCommand,
];

/** In the order of the help. */
export const COMMANDS: readonly PgstepCommand[] = [...Object.values(GROUPS).flat(), ...NAMED_WITH_ANOTHER];

/** Commands that need no environment. */
export const TEXT_COMMANDS: readonly TextCommand[] = [completion, helpOn([...COMMANDS, completion])];

export const VOCABULARY: Vocabulary = {
  groups: Object.entries(GROUPS).map(([title, commands]) => ({ title, commands })),
  commands: [...COMMANDS, ...TEXT_COMMANDS],
  options: GLOBAL_OPTIONS,
};
