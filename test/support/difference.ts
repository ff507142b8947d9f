/** The lines of both texts, those only in `before` after "-", those only in `after` after "+", others near them after " ". */
export function difference(before: string, after: string, context = 3): string {
  const left = before.split("\n");
  const right = after.split("\n");
  // lengths[i][j]: the longest common subsequence of left from i and right from j
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row) row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push(`  ${left[i++]}`);
      j++;
    } else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`- ${left[i++]}`);
    else lines.push(`+ ${right[j++]}`);
  }
  const changed = lines.map((line) => !line.startsWith(" "));
  return lines
    .filter((_, index) => changed.slice(Math.max(0, index - context), index + context + 1).includes(true))
    .join("\n");
}
