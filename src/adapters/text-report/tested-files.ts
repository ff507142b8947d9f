import type { DownOutcomes } from "../../core/reports/check-report.ts";
import type { SyntaxCheck, UnparsedReason } from "../../core/reports/syntax-check.ts";
import { grouped } from "../../core/text/display.ts";
import { counted, listed } from "../output/words.ts";

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
export function downLines(downs: DownOutcomes): string[] {
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
