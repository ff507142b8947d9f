import { ALL_PAIRS } from "../test/diff/all-pairs.ts";
import { trialPlaces, tryPair } from "../test/diff/trial.ts";
import type { Major } from "../test/support/postgres-binaries.ts";
import { fetchPostgres } from "../test/support/postgres-binaries.ts";
import { sharedServer } from "../test/support/postgres-server.ts";

/*
 * `npm run test:diff`: changes each schema of a list of pairs into the other one, in both directions, and judges the
 * results by pg_dump. Words after `--` select pairs by their names, and print the statements. MAJOR=15 runs it on
 * another version of PostgreSQL, JOBS=2 several pairs at a time.
 */

const words = process.argv.slice(2);
const major = Number(process.env.MAJOR ?? 18) as Major;
if (major !== 15 && major !== 18) await fetchPostgres(major);
const places = await trialPlaces(await sharedServer(18), await sharedServer(major));
const counts = new Map<string, number>();
const directions = ALL_PAIRS.flatMap(([name, before, after, expected]) => {
  if ((expected?.since ?? 14) > major) return [];
  const isRefusable = expected?.isRefusable === true;
  return [
    { name: `${name}, there`, before, after, isRefusable },
    { name: `${name}, back`, before: after, after: before, isRefusable },
  ].filter((one) => words.length === 0 || words.some((word) => one.name.includes(word)));
});

let next = 0;
await Promise.all(Array.from({ length: Number(process.env.JOBS ?? 1) }, work));
const summary = [...counts].sort().map(([verdict, count]) => `${count} ${verdict}`);
console.log(`${directions.length} directions on PostgreSQL ${major}: ${summary.join(", ")}`);
process.exit([...counts.keys()].some((verdict) => verdict !== "equal" && verdict !== "refused as expected") ? 1 : 0);

async function work(): Promise<void> {
  for (let number = next++; number < directions.length; number = next++) {
    const direction = directions[number];
    if (!direction) return;
    const lines: string[] = [];
    const verdict = await tried(`${number}`, direction, lines);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (lines.length > 0) console.log(lines.join("\n"));
  }
}

async function tried(number: string, direction: (typeof directions)[number], lines: string[]): Promise<string> {
  const { name, before, after, isRefusable } = direction;
  try {
    const { verdict, reasons, notes, sql } = await tryPair(places, number, before, after);
    const worded = verdict === "refused" && isRefusable ? "refused as expected" : verdict;
    if (verdict !== "equal") lines.push(`${worded}: ${name}`, ...reasons.map((reason) => indented(reason)));
    if (notes.length > 0) lines.push(`note: ${name}`, ...notes.map(indented));
    if (words.length > 0 || (verdict !== "equal" && sql !== "")) lines.push(`-- ${name}`, indented(sql));
    return worded;
  } catch (error) {
    lines.push(`crashed: ${name}: ${error instanceof Error ? error.stack : error}`);
    return "crashed";
  }
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ");
}
