import { rmSync } from "node:fs";
import type { PostgresServer } from "../../test/support/postgres-server.ts";
import { buildBinary } from "../binaries.ts";
import type { Sense } from "./figures.ts";
import { measure, median } from "./measure.ts";
import { largeMigration, smallMigrations, type Workload } from "./workloads.ts";

export interface PsqlBench {
  /** For the migrations and scripts. */
  readonly directory: string;
  readonly server: PostgresServer;
  readonly quick: boolean;
  record(name: string, value: number, unit: string, sense: Sense, bound: number): void;
  note(name: string, value: number, unit: string): void;
}

/** The bounds of the executable's time as a multiple of psql's. */
const BOUNDS = { files1000: 1, files100: 1.3, copy100: 1.3, copy1000: 1.15 } as const;

/** Measures the executable against psql without latency: many small files, and large files of COPY data. */
export async function measureAgainstPsql(bench: PsqlBench): Promise<void> {
  const { directory, quick } = bench;
  const rounds = quick ? 3 : 7;
  await compare(bench, "100 files", smallMigrations(directory, 100), rounds, BOUNDS.files100);
  if (!quick) await compare(bench, "1,000 files", smallMigrations(directory, 1000), rounds, BOUNDS.files1000);
  await compare(bench, "100 MB of COPY", largeMigration(directory, "copy", 100e6), rounds, BOUNDS.copy100);
  if (!quick) await compare(bench, "1 GB of COPY", largeMigration(directory, "copy", 1e9), 3, BOUNDS.copy1000);
}

async function compare(
  { directory, server, record, note }: PsqlBench,
  name: string,
  load: Workload,
  rounds: number,
  bound: number,
): Promise<void> {
  const executable = await buildBinary();
  const ours: number[] = [];
  const theirs: number[] = [];
  const waits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = [await server.createDatabase(), await server.createDatabase()];
    const startedMs = Date.now();
    ours.push((await measure(executable, ["up", "--url", first.url, "--dir", load.directory], { directory })).wallMs);
    const [row] = await server.query(
      first.name,
      "SELECT (extract(epoch FROM min(applied_at)) * 1000)::float AS ms FROM schema_migrations",
    );
    waits.push(Number(row?.ms) - startedMs);
    const script = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", second.url, "-f", load.psqlScript];
    theirs.push((await measure("psql", script, { directory })).wallMs);
    for (const { name: database } of [first, second]) await server.query("postgres", `DROP DATABASE "${database}"`);
  }
  record(`executable, ${name} at 0 ms, against psql`, median(ours) / median(theirs), "times", "at most", bound);
  note("  psql", median(theirs), "ms");
  note("  executable", median(ours), "ms");
  note("  executable, before the first migration begins", median(waits), "ms");
  rmSync(load.directory, { recursive: true });
  rmSync(load.psqlScript);
}
