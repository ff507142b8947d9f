import type { HookReport } from "../../core/hooks/hook.ts";
import type { RepeatableEntry, RepeatableReport, RepeatableState } from "../../core/repeatable/repeatable.ts";
import { printableLine } from "../../core/text/display.ts";
import type { Colors, Output } from "../output/output.ts";
import { duration } from "../output/words.ts";

/** The outcome of a repeatable migration, as one line. */
export function repeatableLine({ name, outcome }: RepeatableReport, { colors, marks }: Output): string {
  const shown = printableLine(name);
  switch (outcome) {
    case "applied":
      return `${colors.green(marks.applied)} ${shown}  ${colors.dim("repeatable")}`;
    case "failed":
      return `${colors.red(marks.failed)} ${shown}  ${colors.red("failed")}`;
    case "rolled-back":
      return `${colors.yellow(marks.rolledBack)} ${shown}  rolled back`;
    case "not-run":
      return `${colors.dim(marks.notRun)} ${shown}  ${colors.dim("not run")}`;
    case "lost":
      return `${colors.red(marks.failed)} ${shown}  ${colors.red("lost by the server")}`;
    case "in-doubt":
      return `${colors.red(marks.inDoubt)} ${shown}  ${colors.red("unknown outcome")}`;
  }
}

export function hookLine({ moment, name, outcome, durationMs }: HookReport, { colors }: Output): string {
  const what = `Hook ${moment} (${printableLine(name)})`;
  if (outcome === "done") return colors.dim(`${what} done in ${duration(durationMs)}`);
  return `${what} ${colors.red(outcome === "failed" ? "failed" : "has an unknown outcome")}`;
}

/** Repeatable migrations as the status lists them; no lines without any. */
export function repeatableLines(entries: readonly RepeatableEntry[], { ascii, colors }: Output): string[] {
  if (entries.length === 0) return [];
  const lines = entries.map(({ name, state }) => {
    const [mark, word, color] = markerOf(state, colors);
    return `${printableLine(name)} ${color(`[${ascii ? "" : `${mark} `}${word}]`)}`;
  });
  return ["", colors.bold("=== Repeatable Migrations ==="), ...lines];
}

function markerOf(state: RepeatableState, colors: Colors): [mark: string, word: string, color: Colors["red"]] {
  switch (state) {
    case "unchanged":
      return ["✓", "Applied", colors.green];
    case "changed":
      return ["⏳", "Changed", colors.yellow];
    case "new":
      return ["⏳", "New", colors.yellow];
    case "dropped":
      return ["⏳", "Dropped", colors.yellow];
    case "missing":
      return ["?", "File missing", colors.yellow];
    case "skipped":
      return ["-", "Not for this environment", colors.dim];
  }
}
