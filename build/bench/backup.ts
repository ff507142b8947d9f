import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { findPgDump } from "../../test/support/pg-dump.ts";
import { startPostgres } from "../../test/support/postgres-server.ts";
import { buildBinary } from "../binaries.ts";
import { type Measured, measure, median } from "./measure.ts";

export interface BackupBench {
  /** For the backups. */
  readonly directory: string;
  /** pgstep for Node. */
  readonly script: string;
  readonly quick: boolean;
  note(name: string, value: number, unit: string): void;
}

/** A row has about 200 bytes, which a compression makes a third of. */
const ROWS_OF_A_GIGABYTE = 5_000_000;

/** Measures whole backups of one large table beside pg_dump, on PostgreSQL 15: time, memory and size. */
export async function measureBackup(bench: BackupBench): Promise<void> {
  const pgDump = findPgDump(15);
  if (!pgDump) return console.log("     backup: not measured, it needs pg_dump 15 on the PATH");
  const { directory, script, quick, note } = bench;
  const server = await startPostgres({ major: 15, settings: { max_wal_size: "8GB" } });
  try {
    const { url, name } = await server.createDatabase();
    const rows = ROWS_OF_A_GIGABYTE / (quick ? 10 : 1);
    await server.query(
      name,
      `CREATE TABLE large AS SELECT n AS id, md5(n::text) || repeat(' ordinary words', 11) AS label FROM generate_series(1, ${rows}) n`,
    );
    const executable = await buildBinary();
    const place = (backup: string) => join(directory, backup);
    const backup = (kind: string) => ["backup", "--url", url, "--backup-dir", place(kind)];
    const ways = {
      "pg_dump -Fc": [pgDump, ["-Fc", "-f", place("custom"), url]],
      "pg_dump, plain": [pgDump, ["-f", place("plain"), url]],
      "Node, --gzip": [process.execPath, [script, ...backup("node-gzip"), "--gzip"]],
      "Node, plain": [process.execPath, [script, ...backup("node")]],
      "executable, --gzip": [executable, [...backup("executable-gzip"), "--gzip"]],
      "executable, plain": [executable, backup("executable")],
    } as const;
    for (const [way, [command, words]] of Object.entries(ways)) {
      const measured: Measured[] = [];
      for (let round = 0; round < (quick ? 1 : 3); round++) measured.push(await measure(command, words, { directory }));
      note(`backup of ${quick ? "100 MB" : "1 GB"}: ${way}`, median(measured.map(({ wallMs }) => wallMs)) / 1000, "s");
      note("  peak memory", Math.max(...measured.map(({ peakMb }) => peakMb)), "MB");
    }
    note("  pg_dump -Fc: size", statSync(place("custom")).size / 1e6, "MB");
  } finally {
    await server.stop("immediate");
    rmSync(directory, { recursive: true });
  }
}
