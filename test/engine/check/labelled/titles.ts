/** A migration, and the titles of the findings that it must have. */
export type Labelled = readonly [titles: string, sql: string];

export const REWRITES = "Rewrites table";
export const WRITES = "Blocks writes";
export const ALL = "Blocks reads and writes";
export const SCANS = "Scans under lock";
export const FAILS = "Fails on existing rows";
export const BREAKS = "Breaks running clients";
export const DESTROYS = "Destroys data";
export const REJECTED = "Cannot run in transaction";

/** Several titles are separated by a comma. */
export const and = (...titles: string[]) => titles.join(", ");
