import type { SchemaSide } from "../../core/diff-sides/side.ts";
import { type Rename, renameCandidates } from "../../core/diff-words/renames.ts";
import type { RenameConsent } from "../../ports/consent.ts";

/**
 * Asks about objects that may only have another name. Each name is part of one rename at most.
 * @param known renames that need no question
 */
export async function askRenames(
  consent: RenameConsent,
  [from, to]: readonly [SchemaSide, SchemaSide],
  known: readonly Rename[],
): Promise<Rename[]> {
  const plain = (name: string) => name.replace(/^public\./, "");
  const taken = new Set(known.flatMap(({ old, now }) => [plain(old), plain(now)]));
  const renames: Rename[] = [];
  for (const candidate of renameCandidates(from, to)) {
    const [old, now] = [plain(candidate.old), plain(candidate.now)];
    if (taken.has(old) || taken.has(now) || !(await consent.isRenamed(candidate))) continue;
    taken.add(old).add(now);
    renames.push({ old: candidate.old, now: candidate.now, line: 0 });
  }
  return renames;
}
