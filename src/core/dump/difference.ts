/** Lines shown in all, and lines of each text compared from their first difference on. */
const MOST_SHOWN = 20;
const MOST_COMPARED = 1_500;

/**
 * The first differences of two schemas, for people: lines only in `before` after "-", lines only in `after` after "+",
 * each group below the object that it belongs to.
 */
export function firstDifferences(before: string, after: string): string[] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  let start = 0;
  let object: string | undefined;
  while (start < Math.max(left.length, right.length) && left[start] === right[start]) {
    object = objectIn(left[start]) ?? object;
    start++;
  }
  const window = (lines: readonly string[]) => lines.slice(start, start + MOST_COMPARED);
  const shown: string[] = [];
  for (const { mark, line } of compared(window(left), window(right))) {
    const named = objectIn(line);
    if (mark === " ") object = named ?? object;
    else if (line !== "" && line !== "--") {
      if (object !== undefined && named === undefined) shown.push(`@ ${object}`);
      // Its later lines need no other heading.
      object = undefined;
      shown.push(`${mark} ${line}`);
    }
  }
  return shown.length > MOST_SHOWN ? [...shown.slice(0, MOST_SHOWN), "..."] : shown;
}

/** "TABLE public.users" in pg_dump's comment on an object; "ROWS public.users" before the rows of a table. */
function objectIn(line: string | undefined): string | undefined {
  const [, table] = /^-- Rows of (.*)$/.exec(line ?? "") ?? [];
  if (table !== undefined) return `ROWS ${table}`;
  const [, name, type, schema] = /^-- Name: ([^;]*); Type: ([^;]*); Schema: ([^;]*);/.exec(line ?? "") ?? [];
  return name === undefined ? undefined : `${type} ${schema === "-" ? "" : `${schema}.`}${name}`;
}

interface ComparedLine {
  readonly mark: " " | "-" | "+";
  readonly line: string;
}

/** All lines of both texts, by their longest common subsequence. */
function compared(left: readonly string[], right: readonly string[]): ComparedLine[] {
  const width = right.length + 1;
  // At [i, j]: the length of the longest common subsequence of left from i on and right from j on.
  const lengths = new Uint16Array((left.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: ComparedLine[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [one = "", other = ""] = [left[i], right[j]];
    if (i < left.length && j < right.length && one === other) {
      lines.push({ mark: " ", line: one });
      [i, j] = [i + 1, j + 1];
    } else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: "-", line: one });
      i++;
    } else {
      lines.push({ mark: "+", line: other });
      j++;
    }
  }
  return lines;
}
