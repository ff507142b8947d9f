import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { DRIVERS } from "../core/types/driver-types.ts";
import { TYPE_FORMATS, typeOptions } from "../core/types/type-options.ts";
import { generateTypes } from "../engine/types/generate.ts";
import type { Environment } from "./shared/environment.ts";

/** The exit status when files are not what they should be. */
const STALE = 3;

export const types: Command<Environment> = {
  name: "types",
  effect: "looks",
  aliases: ["entityGen"],
  summary: "write TypeScript for tables, views, enums and functions",
  description:
    "Writes TypeScript for what the database holds: rows as they are read, inserted and updated, enums, domains, " +
    "composite types, functions. With --replay no server is needed: the migrations are applied to an embedded database " +
    "in memory. Without --out the text is printed.",
  arguments: [{ name: "table", required: false, variadic: true, summary: "tables and views; all of them without it" }],
  options: [
    { name: "format", value: "format", summary: `${TYPE_FORMATS.join(", ")} (interfaces)`, completes: TYPE_FORMATS },
    {
      name: "driver",
      value: "driver",
      summary: `whose values the types tell of: ${DRIVERS.join(", ")} (postgres; pg for kysely)`,
      completes: DRIVERS,
    },
    { name: "out", value: "path", summary: "a .ts file, or a directory for one file per table", completes: "file" },
    { name: "table", value: "names", summary: "tables and views, with commas between" },
    { name: "schema", value: "names", summary: "only these schemas; the first one's names stay short (all; public)" },
    { name: "override", value: "pairs", summary: "other types for types and columns: int8=bigint,users.meta=UserMeta" },
    { name: "import-extension", value: "extension", summary: "of the written imports: js, ts, none (js)" },
    { name: "check", summary: "write nothing; exit with 3 when a file is not what it should be" },
    settingOption("shadowUrl"),
    { name: "replay", summary: "from the migrations alone, applied to an embedded database in memory" },
  ],
  examples: [
    { line: "pgstep types --out src/database.ts", remark: "everything in one file" },
    { line: "pgstep types --out src/tables/ --format zod", remark: "a file for each table, as zod schemas" },
    { line: "pgstep types --replay --out src/database.ts --check", remark: "in CI, without a server" },
  ],
  async run({ options, arguments: tables }, environment) {
    const asked = typeOptions(options, tables);
    const target = { out: options.get("out"), check: options.has("check") };
    const report = options.has("replay")
      ? await environment.replayed((context) => generateTypes(context, asked, target))
      : await generateTypes(await environment.databaseContext(), asked, target);
    environment.report(report);
    return target.check && report.files.some(({ change }) => change !== "none") ? STALE : 0;
  },
};
