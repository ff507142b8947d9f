import { CHANGE_PAIRS, type Pair } from "./pair.ts";
import { ACCESS_PAIRS } from "./pairs-access.ts";
import { CODE_PAIRS } from "./pairs-code.ts";
import { COLUMN_PAIRS } from "./pairs-columns.ts";
import { KEY_PAIRS } from "./pairs-keys.ts";
import { KIND_PAIRS } from "./pairs-kinds.ts";
import { PARTITION_PAIRS } from "./pairs-partitions.ts";
import { ROUTINE_PAIRS } from "./pairs-routines.ts";
import { TABLE_PAIRS } from "./pairs-tables.ts";
import { TYPE_PAIRS } from "./pairs-types.ts";
import { VIEW_PAIRS } from "./pairs-views.ts";

export const ALL_PAIRS: readonly Pair[] = [
  ...TABLE_PAIRS,
  ...CODE_PAIRS,
  ...TYPE_PAIRS,
  ...COLUMN_PAIRS,
  ...KEY_PAIRS,
  ...PARTITION_PAIRS,
  ...VIEW_PAIRS,
  ...ROUTINE_PAIRS,
  ...KIND_PAIRS,
  ...ACCESS_PAIRS,
  ...CHANGE_PAIRS,
];
