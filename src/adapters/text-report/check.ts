import { basename } from "node:path";
import type { CheckedRun, CheckedStatement, CheckedTouch, CheckReport } from "../../core/reports/check-report.ts";
import { cut, displayWidth, enumeration, pad, printableLine } from "../../core/text/display.ts";
import type { Output } from "../output/output.ts";
import { counted, grouped } from "../output/words.ts";
import { findingLines, resultLine } from "./failure.ts";
import { placeText } from "./source-frame.ts";
import { downLines, syntaxLines } from "./tested-files.ts";

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
    ...(report.replay ? runLines(report.replay) : ["No migration was run: fix the files first."]),
    ...syntaxLines(report.syntax),
  ];
}

function runLines({ database, applied, examined, downs, notRun, leftOut }: CheckedRun): string[] {
  return [
    `Ran ${counted(applied, "migration")} on ${printableLine(database)}, examined ${grouped(examined.length)}.`,
    ...downLines(downs),
    ...(notRun.length > 0
      ? [`Not examined, because of the error: ${printableLine(enumeration(notRun.map((path) => basename(path))))}.`]
      : []),
    ...(leftOut.length > 0
      ? [`Left out, because it reaches beyond the database: ${printableLine(enumeration(leftOut.map(placeText)))}.`]
      : []),
  ];
}

const HEADS = ["place", "relation", "lock", "blocks", "rows"];
const STATEMENT = "statement";
/** A narrower column of statements is left out. */
const FEWEST_COLUMNS = 16;
/** Its width without a terminal. */
const COLUMNS_IN_PIPES = 60;

/** One row for each lock that keeps others from something; with `all`, for every lock. */
function tableLines(statements: readonly CheckedStatement[], output: Output, all: boolean): string[] {
  const rows = statements.flatMap((one) =>
    one.touches.filter((touch) => all || touch.blocks || touch.rewritten).map((touch) => cellsOf(one, touch)),
  );
  if (rows.length === 0) return [];
  const { colors, columns, marks } = output;
  const table = [[...HEADS, STATEMENT], ...rows];
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
  const where = `${basename(place.path)}:${place.line}`;
  return [where, relation, lock, blocks, rewritten ? "rewritten" : scanned ? "read" : "", statement].map(printableLine);
}
