const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The longest a PostgreSQL timeout can be: its settings are 32-bit numbers of milliseconds. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** The milliseconds of "500ms", "30s", "5m", "1h" or "0"; undefined for anything else and for more than 24 days. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const [, digits = "", unit = ""] = /^([0-9]{1,10})(ms|s|m|h)$/.exec(text) ?? [];
  const durationMs = Number(digits) * (UNITS_MS[unit] ?? Number.NaN);
  return durationMs <= MAX_DURATION_MS ? durationMs : undefined;
}

/** The duration as `parseDuration` accepts it, with the largest unit that divides it. */
export function writeDuration(durationMs: number): string {
  if (durationMs === 0) return "0";
  const [unit = "ms", unitMs = 1] = Object.entries(UNITS_MS).findLast(([, unitMs]) => durationMs % unitMs === 0) ?? [];
  return `${durationMs / unitMs}${unit}`;
}
