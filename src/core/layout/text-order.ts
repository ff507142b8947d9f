import { type Finding, finding } from "../failure/failure.ts";
import { compareVersions } from "../migrations/version.ts";
import type { FoundMigration } from "./format.ts";

/**
 * Reports versions that a tool sorts as texts, and pgstep as numbers, in another order: 10 before 2.
 * @param migrations lowest version first
 */
export function findOtherOrder(tool: string, migrations: readonly FoundMigration[], findings: Finding[]): void {
  for (const [index, { version, name, up }] of migrations.entries()) {
    const before = migrations[index - 1];
    if (!before || before.version <= version || compareVersions(before.version, version) === 0) continue;
    findings.push(
      finding("other-order", {
        message: `${tool} applies ${name} before ${before.name}, because it sorts versions as text; pgstep sorts them as numbers`,
        hint: "Keep these migrations with the other tool, or give all versions the same number of digits in a new directory.",
        place: { path: up.path },
      }),
    );
    return;
  }
}
