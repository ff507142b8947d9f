import { createHash, randomUUID } from "node:crypto";

/** The names of one project's databases on a server, each below 63 bytes. */
export interface TestNames {
  /** The database that test databases are copied from. */
  readonly template: string;
  /** Its name until it is complete. */
  readonly unfinished: string;
  /** Prefixes of the names of the project's other databases. */
  readonly templates: string;
  readonly unfinishedOnes: string;
  readonly copies: string;
}

/**
 * @param project everything that separates two users of one server: role, database, directory
 * @param checksum the fingerprint of the template
 */
export function testNames(project: readonly string[], checksum: string): TestNames {
  const key = createHash("sha256").update(JSON.stringify(project)).digest("hex").slice(0, 10);
  const [templates, unfinishedOnes, copies] = ["template", "unfinished", "test"].map(
    (kind) => `pgstep_${kind}_${key}_`,
  );
  if (!templates || !unfinishedOnes || !copies) throw new Error("every kind has a prefix");
  const short = checksum.slice(0, 16);
  return { template: templates + short, unfinished: unfinishedOnes + short, templates, unfinishedOnes, copies };
}

/** A new name for a test database. @param now the server's clock, as fourteen digits */
export function copyName({ copies }: TestNames, now: string): string {
  return `${copies}${now}_${randomUUID().slice(0, 8)}`;
}

/** The name of the copy's creation time in a name, as SQL. */
export function copiedAtSql({ copies }: TestNames): string {
  return `pg_catalog.substr(datname, ${copies.length + 1}, 14)`;
}

/** The key of the advisory lock under which an unfinished template is made or dropped, as SQL. */
export function lockKeyOf(unfinished: string): string {
  return createHash("sha256").update(unfinished).digest().readBigInt64BE(0).toString();
}
