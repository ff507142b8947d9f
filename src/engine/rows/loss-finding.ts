import { sqlName } from "../../core/check/words.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
import { statementAbout, type WordedStatement } from "../../core/rows/losing-statements.ts";
import type { Loss } from "../../core/rows/lost-values.ts";
import { cut } from "../../core/text/display.ts";
import type { Script } from "../script/load-scripts.ts";
import { lineOf } from "../step/step-failure.ts";

/** When the row was written: before the migration was applied, or after that. */
export type LossMoment = "before" | "after";

/** The finding for something that a down script loses. @param downs the statements of the down script */
export function lossFinding(loss: Loss, moment: LossMoment, down: Script, downs: readonly WordedStatement[]): Finding {
  const position = statementAbout(downs, loss)?.position;
  const { path, step } = down;
  return finding("down-loses-data", {
    message: `Undoing ${step.name} ${moment === "before" ? notRestored(loss) : lostAfter(loss)}`,
    hint: HINTS[moment],
    place: { path, ...(position && { ...position, ...lineOf(down, position) }) },
  });
}

const HINTS: Readonly<Record<LossMoment, string>> = {
  before:
    "Let the migration keep the old data, for example under another name, until a later one drops it, or remove the down script.",
  after: "Let the down script keep this data, for example in another table, or remove the down script.",
};

function notRestored(loss: Loss): string {
  const { column, isRecreated } = loss;
  const again = "is dropped and created again";
  if (column === undefined) {
    return isRecreated
      ? `does not restore rows of ${nameOf(loss)}: the table ${again}`
      : `loses rows of ${nameOf(loss)}`;
  }
  // A default may be the new value, and even a random one.
  const change = isRecreated ? shorteningIn(loss) || `: the column ${again}` : changeIn(loss);
  return `does not restore the values of ${nameOf(loss)}${change}`;
}

function lostAfter(loss: Loss): string {
  if (loss.column === undefined) return `loses rows of ${nameOf(loss)} that were written after the migration`;
  return `loses values of ${nameOf(loss)} that were written after the migration${changeIn(loss)}`;
}

/** As SQL names it, without the schema public. */
function nameOf({ table, column }: Loss): string {
  const name = table.replace(/^public\./, "");
  return column === undefined ? name : `${name}.${sqlName(column)}`;
}

const WIDEST_VALUE = 30;

/** An example, if it is known: ": '1.5' becomes '2'". */
function changeIn(loss: Loss): string {
  const { before, after } = loss;
  if (before === undefined || after === undefined) return "";
  if (after === null) return ": they become NULL";
  return shorteningIn(loss) || `: for example, '${cut(before, WIDEST_VALUE)}' becomes '${cut(after, WIDEST_VALUE)}'`;
}

function shorteningIn({ before, after }: Loss): string {
  if (!before || !after || !before.startsWith(after)) return "";
  const [from, to] = [[...before].length, [...after].length];
  return from > WIDEST_VALUE ? `: for example, ${from} characters become ${to}` : "";
}
