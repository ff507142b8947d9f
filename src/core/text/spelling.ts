/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (swapped) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[right.length] ?? 0;
}

/**
 * The known word that was most likely meant, or undefined if none is close. One edit per four letters counts as close,
 * at least one.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known
    // Each letter too many or too few is an edit, so most candidates need no closer comparison.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= mostEdits(candidate))
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= mostEdits(candidate))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

function mostEdits({ length }: string): number {
  return Math.max(1, Math.floor(length / 4));
}
