import { grouped } from "../text/display.ts";

/** A number with two significant digits: "12", "1,200", "3.4 million", "2 billion". */
export function largeCount(count: number): string {
  const rounded = Number(count.toPrecision(2));
  if (rounded >= 1e9) return `${rounded / 1e9} billion`;
  return rounded >= 1e6 ? `${rounded / 1e6} million` : grouped(rounded);
}

/** "about 3.4 million rows", "about 1 row". */
export function rowWords(rows: number): string {
  return `about ${largeCount(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** An estimated time: "less than a second", "about 12 s", "about 5 min", "about 3.5 h". */
export function aboutTime(seconds: number): string {
  if (seconds < 1) return "less than a second";
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  if (seconds < 5_400) return `about ${Math.round(seconds / 60)} min`;
  const hours = seconds / 3_600;
  return `about ${hours < 10 ? Math.round(hours * 10) / 10 : Math.round(hours)} h`;
}
