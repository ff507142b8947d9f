import { join } from "node:path";
import { loadModule } from "libpg-query";
import { fuzzScanner } from "../test/fuzz/fuzz-scanner.ts";
import { readSources, textOf } from "../test/fuzz/scanner-texts.ts";
import { ROOT } from "./runtimes.ts";

/*
 * `npm run fuzz`: compares the statement scanner with PostgreSQL's parser on random texts, for 10 minutes or for the
 * number of minutes given: `npm run fuzz -- 2`. FUZZ_SEED=<seed> repeats the texts from that seed on; with FUZZ_TEXTS=1
 * only that text, which is then printed.
 */

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) throw new Error(`The number of minutes must be above 0, not "${process.argv[2]}"`);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9));
const most = process.env.FUZZ_TEXTS ? Number(process.env.FUZZ_TEXTS) : Number.POSITIVE_INFINITY;

await loadModule();
const sources = readSources(process.env.PGSTEP_CORPORA ?? join(ROOT, "..", "shared", "corpora"));
console.log(`FUZZ_SEED=${seed}, ${sources.length} texts to begin with`);
if (most === 1) console.log(JSON.stringify(textOf(seed, sources)));
const end = performance.now() + minutes * 60_000;
const { texts, same, excluded, discrepancies } = fuzzScanner(
  seed,
  sources,
  (count) => count < most && performance.now() < end,
);
for (const { seed: own, what, text, chunk } of discrepancies) {
  console.log(
    `FUZZ_SEED=${own} FUZZ_TEXTS=1 npm run fuzz\n  ${what}; in chunks of ${chunk}:\n  ${JSON.stringify(text)}`,
  );
}
for (const [reason, count] of Object.entries(excluded)) console.log(`${count} not compared: ${reason}`);
console.log(`${texts} texts: ${same} read alike, ${discrepancies.length} differently`);
process.exitCode = discrepancies.length > 0 ? 1 : 0;
