import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { DRIVERS } from "../core/types/driver-types.ts";
import { TYPE_FORMATS, typeOptions } from "../core/types/type-options.ts";
import { usedStandIns } from "../engine/shadow/stand-ins.ts";
import { generateTypes } from "../engine/types/generate.ts";
import type { Environment } from "./shared/environment.ts";

/** The exit status if files are out of date. */
const STALE = 3;

export const types: Command<Environment> = {
  name: "types",
  effect: "reads",
  aliases: ["entityGen"],
  summary: "generate TypeScript for tables, views, enums and functions",
  description:
    "Generates TypeScript for the database: rows as they are read, inserted and updated, enums, domains, composite " +
    "types, functions. With --replay it needs no server: it applies the migrations to an embedded database in " +
    "memory. Without --out it prints the text.",
  arguments: [{ name: "table", required: false, variadic: true, summary: "tables and views (all)" }],
  options: [
    { name: "format", value: "format", summary: `${TYPE_FORMATS.join(", ")} (interfaces)`, completes: TYPE_FORMATS },
    {
      name: "driver",
      value: "driver",
      summary: `the driver that reads the values: ${DRIVERS.join(", ")} (postgres; pg for kysely)`,
      completes: DRIVERS,
    },
    { name: "out", value: "path", summary: "a .ts file, or a directory for one file per table", completes: "file" },
    { name: "table", value: "names", summary: "tables and views, separated by commas" },
    {
      name: "schema",
      value: "names",
      summary: "only these schemas (all); types of the first one have no prefix (public)",
    },
    { name: "override", value: "pairs", summary: "replace generated types: int8=bigint,users.meta=UserMeta" },
    { name: "import-extension", value: "extension", summary: "extension in import paths: js, ts, none (js)" },
    { name: "check", summary: "write nothing; exit with 3 if a file is out of date" },
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
    { name: "replay", summary: "use only the migrations, applied to an embedded database in memory" },
  ],
  examples: [
    { line: "pgstep types --out src/database.ts", note: "everything in one file" },
    { line: "pgstep types --out src/tables/ --format zod", note: "a file for each table, as zod schemas" },
    { line: "pgstep types --replay --out src/database.ts --check", note: "in CI, without a server" },
  ],
  async run({ options, arguments: tables }, environment) {
    const asked = typeOptions(options, tables);
    const target = { out: options.get("out"), check: options.has("check") };
    const report = options.has("replay")
      ? await environment.replayed(async (context) => ({
          ...(await generateTypes(context, asked, target)),
          standIns: await usedStandIns(context),
        }))
      : await generateTypes(await environment.databaseContext(), asked, target);
    environment.report(report);
    return target.check && report.files.some(({ change }) => change !== "none") ? STALE : 0;
  },
};
