import type { TracedFile } from "../../../src/core/trace/trace.ts";

/**
 * What the last statement of a file was seen to do: "orders AccessExclusive rewritten scanned, users Share". Locks that
 * any SELECT takes are left out.
 */
export function seen({ statements }: TracedFile): string {
  const touches = statements.at(-1)?.touches ?? [];
  const words = touches.map(({ before, after, lock, rewritten, scanned }) =>
    [before.name, lock, rewritten && "rewritten", scanned && "scanned", !after && "dropped"].filter(Boolean).join(" "),
  );
  return words
    .filter((one) => !one.endsWith(" AccessShare"))
    .sort()
    .join(", ");
}
