import { databaseUrl, path, timeZone } from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** The settings of the database that trial runs use. */
export const SHADOW_SETTINGS = {
  shadowUrl: {
    kind: databaseUrl,
    flag: "shadow-url",
    variables: ["PGSTEP_SHADOW_URL"],
    key: "shadowUrl",
    ofProgram: true,
    summary: "an empty database to rehearse migrations in, emptied afterwards; default: embedded, in memory",
  },
  shadowTimeZone: {
    kind: timeZone,
    flag: "shadow-timezone",
    variables: ["PGSTEP_SHADOW_TIMEZONE"],
    key: "shadowTimeZone",
    ofProgram: true,
    default: "Europe/Berlin",
    summary: "TimeZone of the database that check uses, as in production",
    note: "with UTC, timestamp to timestamptz rewrites no table",
  },
  standInsDirectory: {
    kind: path("directory"),
    flag: "stand-ins-dir",
    variables: ["PGSTEP_STAND_INS_DIR"],
    key: "standInsDirectory",
    ofProgram: true,
    summary:
      "directory of SQL for extensions that the embedded shadow lacks; default: stand-ins next to the migrations",
    locates: "files",
  },
} as const satisfies Readonly<Record<string, Setting>>;
