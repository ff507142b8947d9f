import type { Fact, Facts } from "./schema-object.ts";

/** Longer values are not printed: a definition or a query. */
const LONGEST_VALUE = 60;

/** How an object has changed, in words: "type text instead of integer", "another query". */
export function differenceWords(before: Facts, after: Facts): string[] {
  const labels = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...labels].sort().flatMap((label) => wordsOf(label, before[label], after[label]));
}

function wordsOf(label: string, before: Fact | undefined, after: Fact | undefined): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isRecord(before) && isRecord(after)) return differenceWords(before, after);
  const isSwitch = [before, after].some((value) => value === true || value === "yes");
  const absent = isSwitch ? "no" : "none";
  const [old, now] = [valueWords(before, absent), valueWords(after, absent)];
  if (old !== undefined && now !== undefined) return [`${label} ${now} instead of ${old}`];
  return [Array.isArray(before) && Array.isArray(after) ? listWords(label, before, after) : `another ${label}`];
}

/** The difference of two lists that are too long to print. */
function listWords(label: string, before: readonly Fact[], after: readonly Fact[]): string {
  const [old, now] = [before.map(String), after.map(String)];
  const parts = [
    ["with", now.filter((one) => !old.includes(one))],
    ["without", old.filter((one) => !now.includes(one))],
  ] as const;
  const words = parts.filter(([, list]) => list.length > 0).map(([word, list]) => `${word} ${list.join(", ")}`);
  if (words.length === 0 && old.length === now.length) return `${label} in another order`;
  const text = words.join(" and ");
  return text === "" || text.length > LONGEST_VALUE ? `other ${label}` : `${label} ${text}`;
}

/** A value on one line; undefined if it is too long. */
function valueWords(value: Fact | undefined, absent: string): string | undefined {
  if (value === undefined || value === false) return absent;
  if (value === true) return "yes";
  const text = typeof value === "object" ? textOf(value) : String(value);
  return text === undefined || text.length > LONGEST_VALUE || /[\r\n]/.test(text) ? undefined : text;
}

function textOf(value: object): string | undefined {
  return Array.isArray(value) ? value.map(String).join(", ") : undefined;
}

function isRecord(value: Fact | undefined): value is Facts {
  return typeof value === "object" && !Array.isArray(value);
}
