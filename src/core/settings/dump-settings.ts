import { path } from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** The settings of schema files. */
export const DUMP_SETTINGS = {
  dump: {
    kind: path("file"),
    flag: "dump",
    variables: ["PGSTEP_DUMP"],
    key: "dump",
    ofProgram: true,
    summary: "a file for the schema, written after each run that succeeds",
  },
} as const satisfies Readonly<Record<string, Setting>>;
