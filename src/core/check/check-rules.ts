import { rewritesTable } from "./rewrites-table.ts";
import type { CheckRule } from "./rule.ts";

/** Every rule of `check`, in the order of its documentation. */
export const CHECK_RULES: readonly CheckRule[] = [rewritesTable];
