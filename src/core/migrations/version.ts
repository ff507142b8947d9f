/**
 * A version is the digits a file name starts with, kept as they are spelled.
 * Two spellings of one integer ("001", "1") are the same version. No number type is used: timestamps of any length fit.
 * Flyway's versions are several numbers with dots between them, where 1 and 1.0 are the same; Diesel's may have a second
 * number after a dash; Prisma's are names, which are compared as text.
 */

const DIGITS = /^[0-9]+$/;
const NUMBERS = /^[0-9]+(?:[.-][0-9]+)*$/;

const ZERO = 0x30;

/** The longest version the history table can hold: varchar(255). */
export const MAX_VERSION_LENGTH = 255;

/** A name that begins with a time, as Prisma's folders have it. */
const TIMED_NAME = /^[0-9]{14}_[\w-]+$/;

export function isVersion(text: string): boolean {
  return (NUMBERS.test(text) || TIMED_NAME.test(text)) && text.length <= MAX_VERSION_LENGTH;
}

/**
 * The spelling without leading zeros, and without zeros after the last dot: equal for equal versions. Other text (a row
 * inserted by hand) is unchanged.
 */
export function versionKey(version: string): string {
  const hasDots = version.includes(".");
  if (!hasDots && version.charCodeAt(0) !== ZERO) return version;
  if (!NUMBERS.test(version)) return version;
  if (!hasDots) return DIGITS.test(version) ? withoutZeros(version) : version;
  const numbers = version.split(".").map(withoutZeros);
  while (numbers.length > 1 && numbers.at(-1) === "0") numbers.pop();
  return numbers.join(".");
}

function withoutZeros(digits: string): string {
  let zeros = 0;
  while (zeros < digits.length - 1 && digits.charCodeAt(zeros) === ZERO) zeros++;
  return digits.slice(zeros);
}

/** Negative, zero or positive, for sorting. A text that is not all numbers sorts after all versions. */
export function compareVersions(left: string, right: string): number {
  // Sorting ten thousand plain numbers must not take long.
  if (DIGITS.test(left) && DIGITS.test(right)) return compareDigits(versionKey(left), versionKey(right));
  const leftIsNumber = NUMBERS.test(left);
  if (leftIsNumber !== NUMBERS.test(right)) return leftIsNumber ? -1 : 1;
  const leftKey = versionKey(left);
  const rightKey = versionKey(right);
  if (leftKey === rightKey) return 0;
  if (!leftIsNumber) return leftKey < rightKey ? -1 : 1;
  const [ours, theirs] = [leftKey.split(SEPARATOR), rightKey.split(SEPARATOR)];
  const differing = ours.findIndex((number, index) => number !== theirs[index]);
  const [one, other] = differing === -1 ? [undefined, ""] : [ours[differing], theirs[differing]];
  if (one === undefined) return -1;
  if (other === undefined) return 1;
  return compareDigits(one, other);
}

/** Numbers without leading zeros. */
function compareDigits(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}

const SEPARATOR = /[.-]/;

export function sameVersion(left: string, right: string): boolean {
  return versionKey(left) === versionKey(right);
}

/**
 * The element with this version. Where versions are names, the number before the underscore is enough; if several have
 * that number, the last one is returned.
 * @param list lowest version first
 */
export function withVersion<One extends { readonly version: string }>(
  list: readonly One[],
  version: string,
): One | undefined {
  return (
    list.find((one) => sameVersion(one.version, version)) ??
    list.findLast((one) => one.version.startsWith(`${version}_`))
  );
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

/** The next number, with the same padding. */
export function increment(version: string): string {
  return (BigInt(version) + 1n).toString().padStart(version.length, "0");
}

/**
 * The sequence numbers missing between the lowest and highest sequential version, as ranges "4" or "4-6".
 * @param counts true if a gap matters, by the version that follows it
 */
export function sequenceGaps(versions: readonly string[], counts: (next: string) => boolean = () => true): string[] {
  const sequential = versions
    .filter((version) => DIGITS.test(version) && versionStyle(version) === "sequential")
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
