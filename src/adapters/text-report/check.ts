import { basename, dirname } from "node:path";
import type {
  CheckedRun,
  CheckedStatement,
  CheckedTouch,
  CheckReport,
  DownOutcomes,
  MergeTest,
  TriedDowns,
  TriedRows,
} from "../../core/reports/check-report.ts";
import type { SyntaxCheck, UnparsedReason } from "../../core/reports/syntax-check.ts";
import type { UsedStandIn } from "../../core/stand-ins/used-stand-in.ts";
import { RATE_WORDS } from "../../core/statistics/sizes.ts";
import { cut, displayWidth, enumeration, grouped, pad, printableLine } from "../../core/text/display.ts";
import { sizeText } from "../../core/text/size.ts";
import type { Output } from "../output/output.ts";
import { counted, listed } from "../output/words.ts";
import { findingLines, helpLines, resultLine } from "./failure.ts";
import { placeText } from "./source-frame.ts";

/** The findings, a table of the statements that block others, and what was run. */
export function checkLines(report: CheckReport, output: Output, verbose: boolean): string[] {
  const findings = findingLines(report.findings, output);
  const table = tableLines(report.statements, output, verbose);
  return [
    ...findings,
    ...(findings.length > 0 ? [""] : []),
    ...table,
    ...(table.length > 0 ? [""] : []),
    resultLine(report, output),
    ...examinationLines(report),
    ...(verbose && report.replay ? [...rowLines(report.replay.rows), ...downRowLines(report.replay.downRows)] : []),
    ...(report.hint === undefined ? [] : helpLines(report.hint, output)),
  ];
}

/** What was run and examined, and the findings that do not count. */
export function examinationLines(report: CheckReport): string[] {
  return [
    ...(report.replay ? runLines(report, report.replay) : ["No migration was run: fix the files first."]),
    ...mergeLines(report.merge),
    ...syntaxLines(report.syntax),
    ...sizeLines(report),
    ...forgivenLines(report),
  ];
}

/** Where the sizes of tables are from, and what they changed. */
function sizeLines({ sizes, needsSizes }: CheckReport): string[] {
  if (!sizes) return needsSizes ? ["The sizes of the tables are unknown; the command stats records them."] : [];
  const { source, takenOn, ageDays, isOld, smallBytes, small, missing } = sizes;
  const age = ageDays === 0 ? "today" : `${takenOn}, ${counted(ageDays, "day")} ago`;
  return [
    `Table sizes: ${printableLine(source)} (${printableLine(age)}). Times are estimates: ${RATE_WORDS}.`,
    ...(isOld ? ["These sizes are more than 30 days old; the command stats records them again."] : []),
    ...(small > 0
      ? [
          `${counted(small, "finding")} ${small === 1 ? "is a note" : "are notes"}: the tables are smaller than ${sizeText(smallBytes)} (--small-table).`,
        ]
      : []),
    ...(missing.length > 0
      ? [`No sizes are known of ${printableLine(enumeration(missing))}; the command stats records those of a database.`]
      : []),
  ];
}

function runLines({ files }: CheckReport, run: CheckedRun): string[] {
  const { database, applied, downs, notRun, leftOut, standIns, roles } = run;
  return [
    `Ran ${counted(applied, "migration")} on ${printableLine(database)}.`,
    `Examined ${printableLine(files)}.`,
    ...downLines(downs),
    ...leftOutDownLines(run.downRows),
    ...(notRun.length > 0
      ? [`Not examined, because of the error: ${printableLine(enumeration(notRun.map((path) => shortPath(path))))}.`]
      : []),
    ...(leftOut.length > 0
      ? [`Left out, because it reaches beyond the database: ${printableLine(enumeration(leftOut.map(placeText)))}.`]
      : []),
    ...standInLines(standIns),
    ...(roles.length > 0 ? [`Created roles that no file creates: ${printableLine(enumeration(roles))}.`] : []),
  ];
}

/** A merge that was tested; its findings say what is wrong with it. */
function mergeLines(merge: MergeTest | undefined): string[] {
  if (!merge) return [];
  const { base, own, theirs, outcome, because = "" } = merge;
  const those = `the ${theirs === 1 ? "migration" : `${grouped(theirs)} migrations`} that ${base} has got meanwhile`;
  if (outcome === "same") {
    const yours = own === 1 ? "the new migration" : `the ${grouped(own)} new migrations`;
    return [printableLine(`Ran ${yours} and ${those} in both orders: the schema is the same.`)];
  }
  return outcome === "untested" ? [printableLine(`Not tested with ${those}: ${because}.`)] : [];
}

/** What stood for something that the embedded database lacks; no line if nothing did. */
export function standInLines(standIns: readonly UsedStandIn[]): string[] {
  return standIns.length > 0 ? [`Used stand-ins: ${printableLine(enumeration(standIns.map(standInText)))}.`] : [];
}

function standInText({ extension, path }: UsedStandIn): string {
  if (path === undefined) return extension ?? "";
  return extension === undefined ? path : `${extension} (${path})`;
}

/** The tables whose rows the examined files were tried on. */
function rowLines({ tables, without }: TriedRows): string[] {
  return [
    ...(tables > 0 ? [`Also tried the files on ${counted(tables, "table")} with a row.`] : []),
    ...(without.length > 0 ? [`No row could be made up for ${printableLine(without.join(", "))}.`] : []),
  ];
}

/** The down scripts that were tried on rows. */
function downRowLines({ tried, untried }: TriedDowns): string[] {
  return [
    ...(tried > 0 ? [`Also tried ${counted(tried, "down script")} on tables with a row.`] : []),
    ...(untried > 0 ? [`${counted(untried, "down script")} could not be tried on tables with a row.`] : []),
  ];
}

function leftOutDownLines({ leftOut }: TriedDowns): string[] {
  if (leftOut === 0) return [];
  return [`${counted(leftOut, "older down script")} ${leftOut === 1 ? "was" : "were"} not tried on rows.`];
}

/** The findings that do not count. */
function forgivenLines({ inOlder, ignored, known, outdated }: CheckReport): string[] {
  return [
    ...(inOlder > 0
      ? [
          `In files that were not examined: ${counted(inOlder, "warning")}; validate shows ${inOlder === 1 ? "it" : "them"}.`,
        ]
      : []),
    ...(ignored > 0 ? [`Comments in the files ignore ${counted(ignored, "finding")}.`] : []),
    ...(known > 0 ? [`Known before: ${counted(known, "finding")}.`] : []),
    ...(outdated > 0
      ? [
          `${counted(outdated, "known finding")} no longer ${outdated === 1 ? "occurs" : "occur"}: --update-known-findings.`,
        ]
      : []),
  ];
}

const HEADS = ["place", "relation", "lock", "blocks", "rows"];
const STATEMENT = "statement";
/** A narrower column of statements is left out. */
const FEWEST_COLUMNS = 16;
/** Its width without a terminal. */
export const COLUMNS_IN_PIPES = 60;

/** The heads, then one row for each lock that keeps others from something; with `all`, for every lock. */
export function statementTable(statements: readonly CheckedStatement[], all: boolean): string[][] {
  const rows = statements.flatMap((one) =>
    one.touches.filter((touch) => all || touch.blocks || touch.rewritten).map((touch) => cellsOf(one, touch)),
  );
  return rows.length === 0 ? [] : [[...HEADS, STATEMENT], ...rows];
}

function tableLines(statements: readonly CheckedStatement[], output: Output, all: boolean): string[] {
  const { colors, columns, marks } = output;
  const table = statementTable(statements, all);
  const widths = HEADS.map((_, index) => Math.max(...table.map((cells) => displayWidth(cells[index] ?? ""))));
  const taken = widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const room = columns === undefined ? COLUMNS_IN_PIPES : columns - taken;
  return table.map((cells, row) => {
    const padded = widths.map((width, index) => pad(cells[index] ?? "", width));
    const statement = room < FEWEST_COLUMNS ? [] : [cut(cells[HEADS.length] ?? "", room, marks.ellipsis)];
    const line = [...padded, ...statement].join(GAP).trimEnd();
    return row === 0 ? colors.dim(line) : line;
  });
}

const GAP = "  ";

function cellsOf({ place, statement }: CheckedStatement, touch: CheckedTouch): string[] {
  const { relation, lock, blocks = "", rewritten, scanned } = touch;
  const where = `${shortPath(place.path)}:${place.line}`;
  return [where, relation, lock, blocks, rewritten ? "rewritten" : scanned ? "read" : "", statement].map(printableLine);
}

const UNPARSED: Readonly<Record<Exclude<UnparsedReason, "copy-rows">, string>> = {
  large: "above 1 MB",
  placeholders: "placeholders whose values another environment has",
  strings: "backslashes in strings while standard_conforming_strings is off",
  parser: "the parser gave no verdict",
};

/** What was not parsed. */
export function syntaxLines(syntax: SyntaxCheck | undefined): string[] {
  if (!syntax) return ["Syntax not checked: the parser's files in embedded/, beside the program, cannot be read."];
  return syntax.unparsed.map(({ reason, statements }) => {
    if (reason === "copy-rows") return `The rows of ${counted(statements, "COPY statement")} were not checked.`;
    return `${counted(statements, "statement")} ${statements === 1 ? "was" : "were"} not parsed: ${UNPARSED[reason]}.`;
  });
}

/** The outcomes of the down scripts; no line if there are none. */
function downLines(downs: DownOutcomes): string[] {
  const { proved, different, failed, untested } = downs;
  const all = proved + different + failed + untested;
  if (all === 0) return [];
  const outcomes = [
    proved > 0 &&
      `${proved === all && all > 1 ? "all" : grouped(proved)} ${proved === 1 ? "restores" : "restore"} the schema`,
    different > 0 && `${grouped(different)} ${different === 1 ? "leaves" : "leave"} differences`,
    failed > 0 && `${grouped(failed)} failed`,
    untested > 0 && `${grouped(untested)} could not be tested`,
  ].filter((words) => words !== false);
  return [`Tested ${counted(all, "down script")}: ${listed(outcomes)}.`];
}

/** The file's name; with its folder where each migration is a folder with a file of the same name. */
function shortPath(path: string): string {
  const name = basename(path);
  return /^(?:up|down|migration)\.sql$/.test(name) ? `${basename(dirname(path))}/${name}` : name;
}
