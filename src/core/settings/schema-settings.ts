import { objectPatterns, onOrOff, path } from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** The settings of schema files and of `drift`. */
export const SCHEMA_SETTINGS = {
  dump: {
    kind: path("file"),
    flag: "dump",
    variables: ["PGSTEP_DUMP"],
    key: "dump",
    ofProgram: true,
    summary: "a file for the schema, written after each run that succeeds",
  },
  recordFingerprint: {
    kind: onOrOff,
    flag: "record-fingerprint",
    variables: ["PGSTEP_RECORD_FINGERPRINT"],
    key: "recordFingerprint",
    ofProgram: true,
    default: "false",
    summary: "after a run, record a fingerprint of the schema, with which drift compares",
  },
  driftIgnore: {
    kind: objectPatterns,
    flag: "drift-ignore",
    variables: ["PGSTEP_DRIFT_IGNORE"],
    key: "driftIgnore",
    ofProgram: true,
    summary: "objects of a database that drift and diff ignore, as patterns of names; * stands for any characters",
  },
} as const satisfies Readonly<Record<string, Setting>>;
