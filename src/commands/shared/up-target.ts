import type { Argument, Invocation, Option } from "../../core/command-line/command.ts";
import type { UpTarget } from "../../core/migrations/plan.ts";
import { requireCount, requireVersion } from "./options.ts";

/* Which of the pending migrations a run applies. */

export const UP_ARGUMENT: Argument = {
  name: "version",
  required: false,
  summary: "the last version to apply (all)",
  completes: "version",
};

export const COUNT: Option = { name: "count", value: "number", summary: "apply at most this many migrations" };

/** How a run treats a history and a database that are not as usual. */
export const UNUSUAL: readonly Option[] = [
  { name: "out-of-order", summary: "also apply migrations below the newest applied one" },
  { name: "first-run", summary: "run on a database that is in use but has no history yet" },
];

/** @throws Failure usage */
export function upTarget(invocation: Invocation, command: string): UpTarget {
  const { options } = invocation;
  const [version] = invocation.arguments;
  const count = options.get("count");
  return {
    ...(version !== undefined && { to: requireVersion(version, command) }),
    ...(count !== undefined && { count: requireCount(count, `${command} --count`, undefined) }),
    outOfOrder: options.has("out-of-order"),
    firstRun: options.has("first-run"),
  };
}
