/**
 * A version is the digits a file name starts with, kept as they are spelled.
 * Two spellings of one integer ("001", "1") are the same version. No number type is used: timestamps of any length fit.
 */

const DIGITS = /^[0-9]+$/;

const ZERO = 0x30;

/** The longest version the history table can hold: varchar(255). */
export const MAX_VERSION_LENGTH = 255;

export function isVersion(text: string): boolean {
  return DIGITS.test(text) && text.length <= MAX_VERSION_LENGTH;
}

/** The spelling without leading zeros: equal for equal versions. Other text (a row inserted by hand) is unchanged. */
export function versionKey(version: string): string {
  if (version.charCodeAt(0) !== ZERO || !DIGITS.test(version)) return version;
  let zeros = 0;
  while (zeros < version.length - 1 && version.charCodeAt(zeros) === ZERO) zeros++;
  return version.slice(zeros);
}

/** Negative, zero or positive, for sorting. A text that is not all digits sorts after all versions. */
export function compareVersions(left: string, right: string): number {
  const leftIsNumber = DIGITS.test(left);
  if (leftIsNumber !== DIGITS.test(right)) return leftIsNumber ? -1 : 1;
  const leftKey = versionKey(left);
  const rightKey = versionKey(right);
  if (leftIsNumber && leftKey.length !== rightKey.length) return leftKey.length - rightKey.length;
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0;
}

export function sameVersion(left: string, right: string): boolean {
  return versionKey(left) === versionKey(right);
}

/** From this many digits on, a version is a date or time (20251012, 20251012093000), not a sequence number. */
const TIMESTAMP_DIGITS = 8;

export type VersionStyle = "sequential" | "timestamp";

export function versionStyle(version: string): VersionStyle {
  return versionKey(version).length >= TIMESTAMP_DIGITS ? "timestamp" : "sequential";
}

/**
 * The version after the highest of `versions`, in the style of that one: a sequence number with the same padding, or
 * the UTC time as fourteen digits. A directory without files starts at "001".
 * @param now the current time, for timestamps
 * @param style overrides the style found
 */
export function nextVersion(versions: readonly string[], now: Date, style?: VersionStyle): string {
  const sorted = [...versions].sort(compareVersions);
  const last = sorted.at(-1);
  const chosen = style ?? (last === undefined ? "sequential" : versionStyle(last));
  if (chosen === "timestamp") {
    const time = now
      .toISOString()
      .replace(/[^0-9]/g, "")
      .slice(0, 14);
    // Two files made within one second, or a slow clock, must still sort after the existing files.
    return last !== undefined && compareVersions(time, last) <= 0 ? increment(last) : time;
  }
  const lastSequential = style === undefined ? last : sorted.filter((one) => versionStyle(one) === "sequential").at(-1);
  return lastSequential === undefined ? "001" : increment(lastSequential);
}

function increment(version: string): string {
  return (BigInt(version) + 1n).toString().padStart(version.length, "0");
}

/**
 * The sequence numbers missing between the lowest and highest sequential version, as ranges "4" or "4-6".
 * @param counts true if a gap matters, by the version that follows it
 */
export function sequenceGaps(versions: readonly string[], counts: (next: string) => boolean = () => true): string[] {
  const sequential = versions
    .filter((version) => versionStyle(version) === "sequential")
    .sort((a, b) => Number(a) - Number(b));
  const numbers = sequential.map(Number);
  const gaps: string[] = [];
  for (let index = 1; index < numbers.length; index++) {
    const from = (numbers[index - 1] as number) + 1;
    const to = (numbers[index] as number) - 1;
    if (from <= to && counts(sequential[index] as string)) gaps.push(from === to ? `${from}` : `${from}-${to}`);
  }
  return gaps;
}
