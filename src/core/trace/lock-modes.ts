/*
 * The locks of tables, as PostgreSQL's documentation lists them ("Explicit Locking"), and what each of them keeps others
 * from.
 */

/** Weakest first, as pg_locks spells them without the word Lock. */
export const LOCK_MODES = [
  "AccessShare",
  "RowShare",
  "RowExclusive",
  "ShareUpdateExclusive",
  "Share",
  "ShareRowExclusive",
  "Exclusive",
  "AccessExclusive",
] as const;

export type LockMode = (typeof LOCK_MODES)[number];

/** For each mode the numbers, from 1, of those that it conflicts with (PostgreSQL documentation, 13.3.1). */
export const CONFLICTS = ["8", "78", "5678", "45678", "34678", "345678", "2345678", "12345678"] as const;

/** True if one session waits for the one lock while another session has the other. */
export function isConflict(one: LockMode, other: LockMode): boolean {
  return CONFLICTS[LOCK_MODES.indexOf(one)]?.includes(`${LOCK_MODES.indexOf(other) + 1}`) ?? false;
}

/** What nobody else can do while a lock is held: "reads and writes", "writes"; undefined for neither. */
export type Blocked = "reads and writes" | "writes";

/** A plain SELECT takes AccessShare, and INSERT, UPDATE and DELETE take RowExclusive. */
export function blockedBy(mode: LockMode): Blocked | undefined {
  if (mode === "AccessExclusive") return "reads and writes";
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("Share") ? "writes" : undefined;
}

/** True for the locks under which statements change the definition of a relation. */
export function mayChange(mode: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("ShareUpdateExclusive");
}

/** The stronger of two locks; the order is that of LOCK_MODES, which is enough to tell what is blocked. */
export function stronger(left: LockMode | undefined, right: LockMode | undefined): LockMode | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return LOCK_MODES.indexOf(left) < LOCK_MODES.indexOf(right) ? right : left;
}

/** As SQL spells it: "ACCESS EXCLUSIVE". */
export function lockWords(mode: LockMode): string {
  return mode.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase();
}
