import { ALL_PAIRS } from "../test/diff/all-pairs.ts";
import { tryOracle } from "../test/diff/oracle.ts";
import { type Outcome, trialPlaces, tryPair } from "../test/diff/trial.ts";
import type { Major } from "../test/support/postgres-binaries.ts";
import { fetchPostgres } from "../test/support/postgres-binaries.ts";
import { sharedServer } from "../test/support/postgres-server.ts";

/*
 * `npm run test:diff`: changes each schema of a list of pairs into the other one, in both directions, and judges the
 * results by pg_dump. Words after `--` select pairs by their names, and print the statements. MAJOR=15 runs it on
 * another version of PostgreSQL, JOBS=2 several pairs at a time. SAFE=1 or SAFE=0 tries the files of diff --write, with
 * or without those that avoid long locks. ORACLE=1 compares with the statements of pg-delta. SHARD=2/5 runs every fifth
 * pair, beginning with the second.
 */

const words = process.argv.slice(2);
const major = Number(process.env.MAJOR ?? 18) as Major;
const hasOracle = process.env.ORACLE === "1";
if (major !== 15 && major !== 18) await fetchPostgres(major);
const places = await trialPlaces(await sharedServer(18), await sharedServer(major));
const counts = new Map<string, number>();
/** How often each verdict of pgstep met each one of the oracle. */
const meetings = new Map<string, number>();
const [shard = 1, shards = 1] = (process.env.SHARD ?? "1/1").split("/").map(Number);
const directions = ALL_PAIRS.flatMap(([name, before, after, expected], index) => {
  if ((expected?.since ?? 14) > major || index % shards !== shard - 1) return [];
  const isRefusable = expected?.isRefusable === true;
  return [
    { name: `${name}, there`, before, after, isRefusable },
    { name: `${name}, back`, before: after, after: before, isRefusable },
  ].filter((one) => words.length === 0 || words.some((word) => one.name.includes(word)));
});

let next = 0;
await Promise.all(Array.from({ length: Number(process.env.JOBS ?? 1) }, work));
const summary = [...counts].sort().map(([verdict, count]) => `${count} ${verdict}`);
if (hasOracle) console.log(table());
console.log(`${directions.length} directions on PostgreSQL ${major}: ${summary.join(", ")}`);
process.exit([...counts.keys()].some((verdict) => verdict !== "equal" && verdict !== "refused as expected") ? 1 : 0);

async function work(): Promise<void> {
  for (let number = next++; number < directions.length; number = next++) {
    const direction = directions[number];
    if (!direction) return;
    const { name, before, after, isRefusable } = direction;
    const mine = await outcomeOf(tryPair(places, `${number}`, before, after));
    const verdict = mine.verdict === "refused" && isRefusable ? "refused as expected" : mine.verdict;
    const lines = report(name, { ...mine, verdict });
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (hasOracle) {
      const oracle = await outcomeOf(tryOracle(places.target, `${number}`, before, after));
      lines.push(...report(`${name} (pg-delta)`, oracle));
      const verdicts = `${verdict}\n${oracle.verdict}`;
      meetings.set(verdicts, (meetings.get(verdicts) ?? 0) + 1);
    }
    if (lines.length > 0) console.log(lines.join("\n"));
  }
}

type Reported = Omit<Outcome, "verdict"> & { readonly verdict: string };

async function outcomeOf(trial: Promise<Outcome>): Promise<Reported> {
  try {
    return await trial;
  } catch (error) {
    const reason = String(error instanceof Error ? error.stack : error);
    return { verdict: "crashed", reasons: [reason], notes: [], sql: "" };
  }
}

function report(name: string, { verdict, reasons, notes, sql }: Reported): string[] {
  return [
    ...(verdict === "equal" ? [] : [`${verdict}: ${name}`, ...reasons.map(indented)]),
    ...(notes.length > 0 ? [`note: ${name}`, ...notes.map(indented)] : []),
    ...(words.length > 0 || (verdict !== "equal" && sql !== "") ? [`-- ${name}`, indented(sql)] : []),
  ];
}

/** The verdicts on pgstep, each with those on the oracle. */
function table(): string {
  const rows = [...meetings].sort().map(([verdicts, times]) => {
    const [pgstep = "", oracle = ""] = verdicts.split("\n");
    return `${pgstep.padEnd(20)} ${oracle.padEnd(20)} ${times}`;
  });
  return [`${"pgstep".padEnd(20)} ${"pg-delta".padEnd(20)} directions`, ...rows].join("\n");
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ");
}
