import { CODE_PAIRS } from "../test/diff/pairs-code.ts";
import { TABLE_PAIRS } from "../test/diff/pairs-tables.ts";
import { TYPE_PAIRS } from "../test/diff/pairs-types.ts";
import { type Sample, sample, tryPair } from "../test/diff/trial.ts";
import { sharedServer } from "../test/support/postgres-server.ts";

/*
 * `npm run test:diff`: changes each schema of a list of pairs into the other one, in both directions. Words after `--`
 * select pairs by their names, and print the statements.
 */

const words = process.argv.slice(2);
const server = await sharedServer(18);
const pairs = [...TABLE_PAIRS, ...CODE_PAIRS, ...TYPE_PAIRS];
const counts = { equal: 0, refused: 0, wrong: 0 };

for (const [name, before, after, expected] of pairs) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
  const [first, second] = [await sample(server, before), await sample(server, after)];
  await change(`${name}, there`, first, second, expected?.isRefusable === true);
  await change(`${name}, back`, second, first, expected?.isRefusable === true);
}
console.log(`${counts.equal} equal, ${counts.refused} refused as expected, ${counts.wrong} wrong`);
process.exit(counts.wrong > 0 ? 1 : 0);

async function change(name: string, from: Sample, to: Sample, isRefusable: boolean): Promise<void> {
  try {
    const { isEqual, actions, left, stuck } = await tryPair(server, from, to);
    const outcome = isEqual ? "equal" : isRefusable ? "refused" : "wrong";
    counts[outcome]++;
    if (outcome !== "equal") console.log(`${outcome}: ${name}: ${JSON.stringify(left)}`);
    if (outcome === "equal" && words.length === 0) return;
    if (words.length > 0) console.log(`-- ${name}`);
    for (const { sql, loses } of actions) console.log(`  ${sql};${loses ? ` -- deletes ${loses}` : ""}`);
    for (const { action, reason } of stuck) console.log(`  failed: ${action.sql}: ${reason.message} (${reason.code})`);
  } catch (error) {
    counts.wrong++;
    console.log(`wrong: ${name}: ${error instanceof Error ? error.stack : error}`);
  }
}
