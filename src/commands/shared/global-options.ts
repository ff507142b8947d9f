import type { Option } from "../../core/command-line/command.ts";
import { everywhereOptions } from "../../core/settings/setting-options.ts";

/** Options that every command has. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  ...everywhereOptions(),
  { name: "help", letter: "h", summary: "show help" },
  { name: "version", letter: "v", summary: "show pgstep's version" },
];
