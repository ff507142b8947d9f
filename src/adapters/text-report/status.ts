import { type Entry, isSettled, type MigrationState } from "../../core/migrations/history.ts";
import type { Direction } from "../../core/migrations/migration.ts";
import type { StatusReport } from "../../core/reports/report.ts";
import { cut, displayWidth, pad, printableLine } from "../../core/text/display.ts";
import { type Colors, type Output, visibleWidth } from "../output/output.ts";
import { counted, duration, listed } from "../output/words.ts";
import { repeatableLines } from "./around.ts";
import { helpLines } from "./failure.ts";

const FIRST = "Create the first one: pgstep new <description>";

/** The status as the specification shows it; with details below each migration when verbose. */
export function statusLines(report: StatusReport, output: Output, verbose: boolean): string[] {
  const { colors } = output;
  const { entries } = report;
  const counts = new Map<MigrationState, number>();
  for (const { state } of entries) counts.set(state, (counts.get(state) ?? 0) + 1);
  const extra = (label: string, state: MigrationState) => (counts.has(state) ? [`${label}: ${counts.get(state)}`] : []);
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
    ...(report.resetUnfinished ? [colors.red("A reset was started and did not finish.")] : []),
    ...(report.afterUpUnfinished ? [colors.red("An after-up hook failed or did not finish.")] : []),
  ];
  if (report.isProtected)
    head.push("The database is protected: reset, restore and undoing more than one migration are refused.");
  const again = repeatableLines(report.repeatable ?? [], output);
  if (entries.length === 0) return [...head, "", output.typed(`There are no migrations yet. ${FIRST}`), ...again];
  const shown = report.unsettledOnly ? entries.filter((entry) => !isSettled(entry)) : entries;
  if (shown.length === 0) return [...head, ...again];
  const columns = verbose ? columnsOf(shown, output) : [];
  const lines = [...head, "", colors.bold("=== Migration Details ===")];
  const details = entryLines(shown, output);
  for (const [index, line] of details.entries()) {
    lines.push(line);
    for (const column of columns[index] ?? []) lines.push(colors.dim(column));
  }
  return [...lines, ...again];
}

/** A line for each migration. Where a line does not fit a terminal, names are cut and the states get a column. */
function entryLines(entries: readonly Entry[], output: Output): string[] {
  const known = new Map<string, string>();
  const names = entries.map(({ version, description }) =>
    printableLine(description ? `${version} - ${description}` : version),
  );
  const markers = entries.map((entry) => marker(entry, output, known));
  const { columns: room = Number.POSITIVE_INFINITY, marks } = output;
  const fits = names.every((name, index) => visibleWidth(`${name} ${markers[index]}`) <= room);
  if (fits) return names.map((name, index) => `${name} ${markers[index]}`);
  const widestMarker = Math.max(...markers.map(visibleWidth));
  const width = Math.min(Math.max(1, room - 1 - widestMarker), widest(names));
  return names.map((name, index) => `${pad(cut(name, width, marks.ellipsis), width)} ${markers[index]}`);
}

/** @param known cached markers: most entries of a long list are in the same state */
function marker(entry: Entry, { ascii, colors }: Output, known: Map<string, string>): string {
  const alike = entry.state !== "skipped" && entry.state !== "unfinished";
  const made = alike ? known.get(entry.state) : undefined;
  if (made) return made;
  const [mark, word, color] = markerOf(entry, colors);
  const text = color(`[${ascii ? "" : `${mark} `}${word}]`);
  if (alike) known.set(entry.state, text);
  return text;
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

const INDENTATION = "    ";

/**
 * Time, duration, role, checksum and file of each entry, in columns; the file gets its own line where the terminal is
 * too narrow.
 */
function columnsOf(entries: readonly Entry[], { columns: room = Number.POSITIVE_INFINITY, marks }: Output): string[][] {
  const rows = entries.map(({ applied, migration }) => [
    applied ? `${printableLine(applied.appliedAt.replace("T", " ").slice(0, 19))} UTC` : "",
    applied?.durationMs === null || applied === undefined ? "" : duration(applied.durationMs),
    applied?.appliedBy ? printableLine(applied.appliedBy) : "",
    printableLine((applied?.checksum ?? migration?.up.checksum ?? "").slice(0, 8)),
    migration ? printableLine(migration.up.path) : "",
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => widest(rows.map((row) => row[column] ?? "")));
  const join = (texts: readonly string[]) =>
    texts
      .map((text, column) => pad(text, column < FILE_COLUMN ? (widths[column] ?? 0) : 0))
      .filter((text) => text !== "")
      .join("  ");
  const whole = widths.reduce((sum, width) => sum + (width > 0 ? width + 2 : 0), INDENTATION.length - 2);
  return rows.map((row) => {
    const texts = whole <= room ? [join(row)] : [join(row.slice(0, FILE_COLUMN)), row[FILE_COLUMN] ?? ""];
    return texts
      .filter((text) => text.trim() !== "")
      .map((text) => cut(`${INDENTATION}${text.trimEnd()}`, room, marks.ellipsis));
  });
}

const FILE_COLUMN = 4;

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

/** Hints for the states that need action. Pending migrations need none: their state says it. */
export function statusAdvice({ entries, resetUnfinished, afterUpUnfinished }: StatusReport, output: Output): string[] {
  const help = (text: string) => helpLines(output.typed(text), output);
  const advice = (state: MigrationState, what: string, whatToDo: string, unfinished?: Direction) => {
    const chosen = entries.filter((entry) => entry.state === state && entry.unfinished === unfinished);
    const versions = chosen.map((entry) => printableLine(entry.version));
    if (versions.length === 0) return [];
    const shown = versions.length > 5 ? counted(versions.length, "migration") : listed(versions);
    const said =
      versions.length === 1
        ? what
        : what.replace(/^is/, "are").replace(/^was/, "were").replace("its file is", "their files are");
    const [only = ""] = versions;
    return help(`${shown} ${said}: ${versions.length === 1 ? whatToDo.replace("<version>", only) : whatToDo}`);
  };
  return [
    ...(resetUnfinished ? help("a reset did not finish: complete it with pgstep reset.") : []),
    ...(afterUpUnfinished ? help("the after-up hooks have not all run: run them with pgstep up.") : []),
    ...advice(
      "changed",
      "was changed after being applied",
      "restore the file and write a new migration, or accept a harmless edit with pgstep repair.",
    ),
    ...advice(
      "missing",
      "is applied, but its file is missing",
      "restore from version control, or, if deleted on purpose, run pgstep repair <version>.",
    ),
    ...advice(
      "out-of-order",
      "is below the newest applied version",
      "give it a higher version, or run pgstep up --out-of-order.",
    ),
    ...advice("unfinished", "was applied in part", "run pgstep up to continue where it stopped.", "up"),
    ...advice("unfinished", "was undone in part", "run pgstep down to continue where it stopped.", "down"),
  ];
}
