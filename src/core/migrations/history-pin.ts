import { Failure, type Finding, finding } from "../failure/failure.ts";
import type { Applied } from "./history.ts";
import { versionKey } from "./version.ts";

/** A version with the checksum of its file; null if the history has none. */
export type Checked = Pick<Applied, "version" | "checksum">;

/** The target's history when a bundle was built for it. */
export interface Pin {
  readonly history: readonly Checked[];
  /** The migrations in the bundle, which may have been applied since. */
  readonly sealed: readonly Checked[];
}

/**
 * The differences between a history and the pinned one plus the bundle's migrations; empty when they agree, even if
 * only some of the bundle's migrations are applied so far.
 */
export function disagreements(pin: Pin, history: readonly Checked[]): Finding[] {
  const applied = byVersion(history);
  const pinned = byVersion(pin.history);
  const sealed = byVersion(pin.sealed);
  const gone = pin.history.filter(({ version }) => !applied.has(versionKey(version)));
  const unexpected = history.filter(
    ({ version }) => !(pinned.has(versionKey(version)) || sealed.has(versionKey(version))),
  );
  const others = history.filter((one) => {
    const expected = pinned.get(versionKey(one.version)) ?? sealed.get(versionKey(one.version));
    return expected && expected.checksum !== null && one.checksum !== null && expected.checksum !== one.checksum;
  });
  return [
    ...gone.map(({ version }) => `${version} is not applied, but it was when this bundle was built`),
    ...unexpected.map(({ version }) => `${version} is applied, but unknown to this bundle`),
    ...others.map(({ version }) => `${version} was applied from a different text than this bundle expects`),
  ].map((message) => finding("pinned", { message }));
}

/** @throws Failure history-conflict when the history disagrees with the pin */
export function requirePinned(pin: Pin | undefined, history: readonly Checked[]): void {
  const findings = pin ? disagreements(pin, history) : [];
  if (findings.length === 0) return;
  throw new Failure(
    "history-conflict",
    "Cannot continue: the database's history is not the one that this bundle was built for",
    { hint: "Connect to the database that the bundle was built for, or build a new bundle for this one.", findings },
  );
}

function byVersion(list: readonly Checked[]): Map<string, Checked> {
  return new Map(list.map((one) => [versionKey(one.version), one]));
}
