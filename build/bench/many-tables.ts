import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProxy } from "../../test/support/network-proxy.ts";
import { findRuntime } from "../runtimes.ts";
import type { Sense } from "./figures.ts";
import { measure, median } from "./measure.ts";

const TABLES = 2_000;
const OF_A_FILE = 100;
const PENDING = 10;

export interface ManyTablesBench {
  /** An empty directory. */
  readonly directory: string;
  readonly port: number;
  /** A new database of the server. */
  readonly createDatabase: () => Promise<string>;
  /** The program as a script. */
  readonly script: string;
  readonly rounds: number;
  record(name: string, value: number, unit: string, sense: Sense, bound: number): void;
}

/** Measures `plan` of ten files, and `drift`, on a database with 2,000 tables, with what both keep of the last time. */
export async function measureManyTables(bench: ManyTablesBench): Promise<void> {
  const { directory, port, createDatabase, script, rounds, record } = bench;
  const migrations = join(directory, "migrations");
  mkdirSync(migrations);
  for (let first = 0; first < TABLES; first += OF_A_FILE) {
    const tables = Array.from({ length: OF_A_FILE }, (_, index) => tableSql(first + index));
    write(migrations, first / OF_A_FILE, tables.join("\n"));
  }
  const database = await createDatabase();
  const proxy = await startProxy({ port });
  const run = (program: string, words: readonly string[]) =>
    measure(program, [script, ...words, "--url", url(proxy.port, database), "--dir", migrations, "--quiet"], {
      directory,
      environment: { XDG_CACHE_HOME: join(directory, "cache") },
    });
  await run(process.execPath, ["up"]);
  const programs = { Node: process.execPath, Bun: findRuntime("bun") };
  const timesOf = async (words: readonly string[]) => {
    const times: Record<string, number[]> = { Node: [], Bun: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const [name, program] of Object.entries(programs)) {
        proxy.resetTraffic();
        const { wallMs } = await run(program, words);
        // The first round makes what the later ones find.
        if (round > 0) times[name]?.push(wallMs);
      }
    }
    return Object.entries(times).map(([name, all]) => [name, median(all)] as const);
  };
  for (const [name, ms] of await timesOf(["drift"]))
    record(`drift of ${TABLES} tables, on ${name}`, ms, "ms", "at most", 2000);
  for (let file = 0; file < PENDING; file++) write(migrations, TABLES / OF_A_FILE + file, changeSql(file));
  for (const [name, ms] of await timesOf(["plan", "--fail-on", "never"]))
    record(`plan of ${PENDING} files on ${TABLES} tables, on ${name}`, ms, "ms", "at most", 2000);
  record("  round trips", proxy.traffic.turns, "turns", "at most", 20);
  await proxy.close();
}

function url(port: number, database: string): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}`;
}

function write(directory: string, index: number, sql: string): void {
  writeFileSync(join(directory, `${String(index + 1).padStart(3, "0")}_file.sql`), `${sql}\n`);
}

function tableSql(number: number): string {
  const parent = number % 3 === 0 ? "" : `, parent bigint REFERENCES t${number - 1}`;
  return `CREATE TABLE t${number} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, note text,
  total numeric(12, 2) DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(), state text CHECK (state IN ('a', 'b')),
  data jsonb, a int, b int, c uuid${parent});
CREATE INDEX ON t${number} (name);`;
}

function changeSql(file: number): string {
  const table = `t${file * 150 + 3}`;
  const kinds = [
    `ALTER TABLE ${table} ADD COLUMN extra text;\nCREATE INDEX CONCURRENTLY ON ${table} (extra);`,
    `ALTER TABLE ${table} ALTER COLUMN note SET NOT NULL;\nUPDATE ${table} SET a = 1 WHERE b = 2;`,
    `ALTER TABLE ${table} ADD CONSTRAINT positive CHECK (a > 0);\nALTER TABLE ${table} DROP COLUMN c;`,
  ];
  return kinds[file % kinds.length] ?? "";
}
