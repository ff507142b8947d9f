/** Lines shown in all, and lines of one text looked at to find where both agree again. */
const MOST_SHOWN = 20;
const MOST_SOUGHT = 400;

/**
 * The first differences of two schemas, for people: lines only in `before` after "-", lines only in `after` after "+",
 * each group below the object that it belongs to.
 */
export function firstDifferences(before: string, after: string): string[] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  const shown: string[] = [];
  let object: string | undefined;
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (shown.length > MOST_SHOWN) return [...shown.slice(0, MOST_SHOWN), "..."];
    if (left[i] === right[j]) {
      object = objectIn(left[i]) ?? object;
      [i, j] = [i + 1, j + 1];
      continue;
    }
    const [removed, added] = nextAgreement(left, right, i, j);
    const lines = [
      ...left.slice(i, i + removed).map((line) => ({ mark: "-", line })),
      ...right.slice(j, j + added).map((line) => ({ mark: "+", line })),
    ].filter(({ line }) => line !== "" && line !== "--");
    if (object !== undefined && lines.length > 0 && !lines.some(({ line }) => objectIn(line)))
      shown.push(`@ ${object}`);
    shown.push(...lines.map(({ mark, line }) => `${mark} ${line}`));
    object = undefined;
    [i, j] = [i + removed, j + added];
  }
  return shown.length > MOST_SHOWN ? [...shown.slice(0, MOST_SHOWN), "..."] : shown;
}

/** "TABLE public.users" in pg_dump's comment on an object. */
function objectIn(line: string | undefined): string | undefined {
  const [, name, type, schema] = /^-- Name: ([^;]*); Type: ([^;]*); Schema: ([^;]*);/.exec(line ?? "") ?? [];
  return name === undefined ? undefined : `${type} ${schema === "-" ? "" : `${schema}.`}${name}`;
}

/** How many lines of each text to skip until both agree again; all of them if that is not near. */
function nextAgreement(left: readonly string[], right: readonly string[], i: number, j: number): [number, number] {
  for (let skipped = 1; skipped <= MOST_SOUGHT; skipped++) {
    for (let removed = 0; removed <= skipped; removed++) {
      if (agree(left, right, i + removed, j + skipped - removed)) return [removed, skipped - removed];
    }
  }
  return [left.length - i, right.length - j];
}

/** True if the texts are equal from there on up to a line that says something, or up to both ends. */
function agree(left: readonly string[], right: readonly string[], i: number, j: number): boolean {
  for (let ahead = 0; left[i + ahead] === right[j + ahead]; ahead++) {
    const line = left[i + ahead];
    if (line === undefined || !COMMON.has(line)) return i <= left.length && j <= right.length;
  }
  return false;
}

/** Lines that most objects have. */
const COMMON: ReadonlySet<string> = new Set(["", "--", ");"]);
