import { wayOf } from "../../core/check/rule.ts";
import type { Failure, Finding, ServerMessage } from "../../core/failure/failure.ts";
import { CHECK_RULES } from "../../core/findings/check-rules.ts";
import type { CheckReport } from "../../core/reports/check-report.ts";
import type { Event } from "../../core/reports/event.ts";
import type { ValidationReport } from "../../core/reports/report.ts";
import { printable, printableLine, wrapped } from "../../core/text/display.ts";
import { advance, START } from "../../core/text/position.ts";
import type { Colors, Output } from "../output/output.ts";
import { counted, listed } from "../output/words.ts";
import { placeText, sourceFrame, sourceWindow } from "./source-frame.ts";

/** A field of a server message may hold a whole statement; more than this is of no use at a terminal. */
const LONGEST_FIELD = 2_000;

/** The findings, then the failure with its place and the server's message, then the hint. */
export function failureLines(failure: Failure, output: Output): string[] {
  const { colors, columns } = output;
  const { message, server, place, hint, findings } = failure;
  const state = server && !message.includes(server.code) ? ` (${server.code})` : "";
  const lines = findingLines(findings, output);
  if (lines.length > 0) lines.push("");
  lines.push(
    ...labelled("error:", printable(message + state), { paint: (text) => colors.bold(colors.red(text)), columns }),
  );
  if (place) lines.push(...sourceFrame(place, output));
  if (server) lines.push(...serverLines(server, output));
  if (hint) lines.push(...helpLines(hint, output));
  return lines;
}

/** A notice of the server, with the place of its statement. */
export function noticeLines({ message, place, migration }: Notice, output: Output): string[] {
  const where = place ? placeText(place) : migration;
  const color = message.severity === "WARNING" ? output.colors.yellow : output.colors.cyan;
  const label = `${where ? `${printableLine(where)}: ` : ""}${color(`${printableLine(message.severity)}:`)}`;
  const text = printable(message.message).split("\n").join("\n  ");
  return [`${label} ${text}`, ...serverLines({ ...message, where: "" }, output).map((line) => `  ${line}`)];
}

type Notice = Extract<Event, { type: "notice" }>;

/** DETAIL, HINT, QUERY and CONTEXT, labelled as in psql. */
export function serverLines(server: ServerMessage, output: Output): string[] {
  const { colors, columns } = output;
  const lines: string[] = [];
  const add = (label: string, text: string | undefined) => {
    if (!text) return;
    lines.push(
      ...labelled(`${label}:`, printable(shortened(text, output)), { paint: colors.bold, columns, indentation: 2 }),
    );
  };
  add("DETAIL", server.detail);
  add("HINT", server.hint);
  if (server.internalQuery !== undefined)
    lines.push(...innerQuery(server.internalQuery, server.internalPosition, output));
  add("CONTEXT", server.where);
  return lines;
}

/** The failed line of a statement inside the server, such as one in a function. */
function innerQuery(query: string, position: number | undefined, { colors, columns, marks }: Output): string[] {
  const { line, column } = advance(START, query, (position ?? 1) - 1);
  const label = "QUERY: ";
  const text = query.split("\n")[line - 1] ?? "";
  const window = sourceWindow(text, column, Math.max(20, (columns ?? 200) - label.length), marks.ellipsis);
  const lines = [colors.bold(label) + window.text];
  if (position !== undefined) lines.push(" ".repeat(label.length + window.caret) + colors.red("^"));
  return lines;
}

/** With more findings than this, source lines are not shown. */
const MOST_FRAMES = 10;

/**
 * One line for each finding, starting with its place, in the order given. Consecutive findings with the same hint show
 * it once, below the last of them.
 */
export function findingLines(findings: readonly Finding[], output: Output): string[] {
  const { colors } = output;
  const explained = new Set<string | undefined>();
  return findings.flatMap((finding, index) => {
    const { place, severity, message, hint, recipe } = finding;
    const paint = severity === "error" ? colors.red : severity === "warning" ? colors.yellow : colors.cyan;
    const text = printableLine(message);
    const lines: string[] = [];
    const framed = place?.sourceLine !== undefined && findings.length <= MOST_FRAMES;
    const before = place && !framed ? `${colors.bold(placeText(place))}: ` : "";
    lines.push(`${before}${paint(`${severity}:`)} ${text}`);
    if (place && framed) lines.push(...sourceFrame(place, output));
    if (hint && findings[index + 1]?.hint !== hint) lines.push(...helpLines(hint, output, "  "));
    if (!explained.has(recipe)) lines.push(...recipeLines(finding, output));
    explained.add(recipe);
    return lines;
  });
}

/** "the safe way", or for a rule of style "the better way". */
export function wayWords(rule: Finding["rule"]): string {
  return `the ${wayOf(CHECK_RULES.find(({ id }) => id === rule) ?? { group: "safety" })}`;
}

/** What happens in production, and the safe or better way; nothing for a finding without them. */
function recipeLines({ rule, why, recipe }: Finding, output: Output): string[] {
  if (why === undefined || recipe === undefined) return [];
  const { columns, colors } = output;
  const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(FEWEST_COLUMNS, columns - RECIPE.length);
  const sql = printable(recipe)
    .split("\n")
    .flatMap((line) => (line.startsWith(COMMENT) ? comment(line.slice(COMMENT.length), room) : [line]));
  return [
    `  ${printableLine(why)}`,
    `  ${colors.cyan("help:")} ${output.unbroken(output.typed(`${wayWords(rule)} (pgstep check --explain ${rule}):`))}`,
    // A comment at the end of a line would become SQL on the next one.
    ...sql.map((line) => output.whole(RECIPE + line)),
  ];
}

const RECIPE = "    ";
const COMMENT = "-- ";

/** A comment of SQL, of which each line must remain one. */
function comment(text: string, columns: number): string[] {
  return wrapped(text, columns - COMMENT.length).map((line) => COMMENT + line);
}

/** "Checked 3 migrations: 1 error and 2 warnings." */
export function resultLine({ migrations, findings, database }: Checked, { colors }: Output): string {
  const where = database === undefined ? "" : ` against ${printableLine(database)}`;
  return `Checked ${counted(migrations, "migration")}${where}: ${resultWords(findings, colors)}.`;
}

/** "1 error and 2 warnings". */
export function resultWords(findings: readonly Finding[], colors?: Pick<Colors, "red" | "yellow">): string {
  const { red, yellow } = colors ?? { red: String, yellow: String };
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const found = [
    ...(count("error") > 0 ? [red(counted(count("error"), "error"))] : []),
    ...(count("warning") > 0 ? [yellow(counted(count("warning"), "warning"))] : []),
    ...(count("note") > 0 ? [counted(count("note"), "note")] : []),
  ];
  return found.length > 0 ? listed(found) : "no problems found";
}

type Checked = Pick<ValidationReport | CheckReport, "migrations" | "findings" | "database">;

export function helpLines(hint: string, output: Output, indentation = ""): string[] {
  const { colors, columns } = output;
  const room = columns === undefined ? undefined : columns - indentation.length;
  const lines = labelled("help:", output.unbroken(printable(hint)), { paint: colors.cyan, columns: room });
  return lines.map((line) => indentation + line);
}

interface LabelledLook {
  readonly paint: (label: string) => string;
  readonly columns: number | undefined;
  /** Of the lines after the first; by default they align with the text. */
  readonly indentation?: number;
}

const FEWEST_COLUMNS = 20;

/** A label, then the printable text; further lines are indented. */
function labelled(label: string, text: string, look: LabelledLook): string[] {
  const { paint, columns, indentation = label.length + 1 } = look;
  const lines =
    columns === undefined
      ? text.split("\n")
      : wrapped(text, Math.max(FEWEST_COLUMNS, columns - indentation), label.length + 1 - indentation);
  const [first = "", ...rest] = lines;
  return [`${paint(label)} ${first}`, ...rest.map((line) => " ".repeat(indentation) + line)];
}

function shortened(text: string, { marks }: Output): string {
  return text.length <= LONGEST_FIELD ? text : text.slice(0, LONGEST_FIELD) + marks.ellipsis;
}
