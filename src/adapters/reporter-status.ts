import { displayWidth, pad, printableLine } from "../core/display-text.ts";
import type { Entry, MigrationState } from "../core/history.ts";
import type { Direction } from "../core/migration.ts";
import type { StatusReport } from "../core/report.ts";
import { helpLines } from "./reporter-failure.ts";
import type { Colors, Output } from "./reporter-output.ts";
import { counted, duration, listed } from "./reporter-words.ts";

/** The status as the specification shows it; columns below each migration when verbose. */
export function statusLines(report: StatusReport, output: Output, verbose: boolean): string[] {
  const { colors } = output;
  const { entries } = report;
  const count = (state: MigrationState) => entries.filter((entry) => entry.state === state).length;
  const extra = (label: string, state: MigrationState) => (count(state) > 0 ? [`${label}: ${count(state)}`] : []);
  const head = [
    colors.bold("=== Migration Status ==="),
    ...(verbose ? [`Database: ${printableLine(report.database)}`] : []),
    ...(verbose && report.environment ? [`Environment: ${printableLine(report.environment)}`] : []),
    `Total migrations: ${entries.length}`,
    `Applied migrations: ${report.applied}`,
    `Pending migrations: ${report.pending}`,
    ...extra("Changed after apply", "changed"),
    ...extra("Files missing", "missing"),
    ...extra("Out of order", "out-of-order"),
    ...extra("Not for this environment", "skipped"),
    ...extra("Unfinished", "unfinished"),
    ...(report.resetUnfinished ? [colors.red("A reset was begun and did not end.")] : []),
  ];
  if (entries.length === 0)
    return [...head, "", "There are no migrations yet. Make the first one: pgstep new <description>"];
  const columns = verbose ? columnsOf(entries) : [];
  const details = entries.flatMap((entry, index) => {
    const first = `${printableLine(entry.version)}${entry.description ? ` - ${printableLine(entry.description)}` : ""} ${marker(entry, output)}`;
    const second = columns[index];
    return second ? [first, colors.dim(`    ${second}`)] : [first];
  });
  return [...head, "", colors.bold("=== Migration Details ==="), ...details];
}

function marker(entry: Entry, { ascii, colors }: Output): string {
  const [mark, word, color] = markerOf(entry, colors);
  return color(`[${ascii ? "" : `${mark} `}${word}]`);
}

function markerOf(entry: Entry, colors: Colors): [mark: string, word: string, color: Colors["red"]] {
  switch (entry.state) {
    case "applied":
      return ["✓", "Applied", colors.green];
    case "pending":
      return ["⏳", "Pending", colors.yellow];
    case "changed":
      return ["✎", "Changed", colors.red];
    case "missing":
      return ["?", "File missing", colors.yellow];
    case "out-of-order":
      return ["!", "Out of order", colors.red];
    case "skipped": {
      const environments = entry.migration?.up.header.environments ?? [];
      return ["-", `Only for ${printableLine(environments.join(", "))}`, colors.dim];
    }
    case "unfinished":
      return ["✗", entry.unfinished === "down" ? "Undone in part" : "Applied in part", colors.red];
  }
}

/** When, how long, by whom, checksum, file: one line an entry, as columns below one another. */
function columnsOf(entries: readonly Entry[]): string[] {
  const rows = entries.map(({ applied, migration }) => [
    applied ? `${applied.appliedAt.replace("T", " ").slice(0, 19)} UTC` : "",
    applied?.durationMs === null || applied === undefined ? "" : duration(applied.durationMs),
    applied?.appliedBy ? printableLine(applied.appliedBy) : "",
    (applied?.checksum ?? migration?.up.checksum ?? "").slice(0, 8),
    migration ? printableLine(migration.up.path) : "",
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((text, column) => pad(text, widths[column] ?? 0))
      .filter((text) => text !== "")
      .join("  ")
      .trimEnd(),
  );
}

/** What to do about states that need somebody to act. Pending migrations do not: that they are pending says it. */
export function statusAdvice({ entries, resetUnfinished }: StatusReport, { colors }: Output): string[] {
  const advice = (state: MigrationState, what: string, whatToDo: string, unfinished?: Direction) => {
    const chosen = entries.filter((entry) => entry.state === state && entry.unfinished === unfinished);
    const versions = chosen.map((entry) => printableLine(entry.version));
    if (versions.length === 0) return [];
    const shown = versions.length > 5 ? counted(versions.length, "migration") : listed(versions);
    const said = versions.length === 1 ? what : what.replace(/^is/, "are").replace(/^was/, "were");
    return helpLines(`${shown} ${said}: ${whatToDo}`, colors);
  };
  return [
    ...(resetUnfinished ? helpLines("a reset did not end: finish it with pgstep reset.", colors) : []),
    ...advice(
      "changed",
      "was changed after being applied",
      "restore the file and write a new migration, or accept a harmless edit with pgstep repair.",
    ),
    ...advice("missing", "is applied, but has no file here", "bring the file back from another checkout or branch."),
    ...advice(
      "out-of-order",
      "is below the newest applied version",
      "give it a version above, or run pgstep up --out-of-order.",
    ),
    ...advice("unfinished", "was applied in part", "run pgstep up to go on where it stopped.", "up"),
    ...advice("unfinished", "was undone in part", "run pgstep down to go on where it stopped.", "down"),
  ];
}
