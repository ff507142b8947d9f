import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import postgres from "postgres";
import { startPostgres } from "../test/support/postgres-server.ts";
import { ensureBuilt } from "./ensure-built.ts";

/*
 * `npm run test:plan`: what `plan` predicts of ten risky files on a table of two million rows, and what then happens in
 * `up` while other sessions write: the strongest lock that a sampler sees, the time, and the disk. ROWS=<number> changes
 * the size.
 */

const ROWS = Number(process.env.ROWS ?? 2_000_000);
const SAMPLE_MS = 20;

const FILES: readonly (readonly [name: string, sql: string])[] = [
  ["volatile default", "ALTER TABLE orders ADD COLUMN ref uuid DEFAULT gen_random_uuid()"],
  ["larger type", "ALTER TABLE orders ALTER COLUMN total TYPE bigint"],
  ["plain index", "CREATE INDEX orders_note ON orders (note)"],
  ["concurrent index", "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer)"],
  ["check", "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0)"],
  ["not null", "ALTER TABLE orders ALTER COLUMN note SET NOT NULL"],
  ["foreign key", "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers"],
  ["update of a tenth", "UPDATE orders SET note = 'paid' WHERE customer % 10 = 0"],
  ["update of all", "UPDATE orders SET total = total + 1"],
  ["unique", "ALTER TABLE orders ADD CONSTRAINT orders_ref UNIQUE (ref)"],
];

const SETUP = `CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL, total int NOT NULL, note text);`;

const MODES = ["AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive"];
const STRENGTH = [...MODES, "Exclusive", "AccessExclusive"].map((mode) => `${mode}Lock`);

interface Planned {
  readonly lock: string;
  readonly durationMs: number;
  readonly diskBytes: number;
}

const server = await startPostgres();
const program = await ensureBuilt();
const { name, url } = await server.createDatabase();
const place = mkdtempSync(join(tmpdir(), "pgstep-test-plan-"));
const directory = join(place, "database", "migrations");
mkdirSync(directory, { recursive: true });
const sql = postgres(server.url(name), { max: 3, onnotice: () => {} });
const file = (version: number, text: string) =>
  writeFileSync(join(directory, `${String(version).padStart(3, "0")}_file.sql`), `${text};\n`);

try {
  file(1, SETUP);
  await pgstep("up");
  await sql.unsafe(`INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 1000) n`);
  await sql.unsafe(
    `INSERT INTO orders (customer, total, note) SELECT n % 1000 + 1, n % 100, 'note ' || n FROM generate_series(1, ${ROWS}) n`,
  );
  const load = underLoad();
  console.log("| file | lock: predicted | observed | time: predicted | observed | disk: predicted | observed |");
  console.log("|---|---|---|---:|---:|---:|---:|");
  for (const [index, [title, text]] of FILES.entries()) {
    await sql.unsafe("VACUUM (ANALYZE) orders");
    file(index + 2, text);
    const planned = plannedOf(await pgstep("plan", "--fail-on", "never", "--json"));
    const observed = await watched(() => pgstep("up", "--no-backup"));
    const cells = [
      ...[title, planned.lock, observed.lock, seconds(planned.durationMs), seconds(observed.durationMs)],
      ...[megabytes(planned.diskBytes), megabytes(observed.diskBytes)],
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log(`${await load.stop()} rows were written meanwhile.`);
} finally {
  await sql.end({ timeout: 5 });
  rmSync(place, { recursive: true, force: true });
  await server.stop();
}

/** Runs the program in the project, and returns its standard output. */
async function pgstep(...words: readonly string[]): Promise<string> {
  const environment = { ...process.env, DATABASE_URL: url, XDG_CACHE_HOME: join(place, "cache") };
  return await new Promise((resolve, reject) => {
    const options = { cwd: place, env: environment, maxBuffer: 1 << 28 };
    execFile(process.execPath, [program, ...words], options, (error, stdout, stderr) =>
      error ? reject(new Error(`pgstep ${words.join(" ")}: ${stderr}`)) : resolve(stdout),
    );
  });
}

/** The strongest lock on the table, the time and the disk that a plan with one statement predicts. */
function plannedOf(output: string): Planned {
  const report = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  const [statement] = report.steps[0].statements;
  const touch = statement.touches.find((one: { relation: string }) => one.relation === "orders");
  const { durationMs = 0, diskBytes = 0 } = statement.work ?? {};
  return { lock: touch?.lock ?? "none", durationMs, diskBytes };
}

/** Samples the locks of pgstep on the table, and the size of the database, while something runs. */
async function watched(work: () => Promise<unknown>): Promise<Planned> {
  let isOver = false;
  let strongest = -1;
  const before = await databaseSize();
  let largest = before;
  const sampling = (async () => {
    while (!isOver) {
      const modes = await sql`SELECT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'relation' AND l.relation = 'orders'::regclass AND l.granted AND a.application_name LIKE 'pgstep%'`;
      for (const { mode } of modes) strongest = Math.max(strongest, STRENGTH.indexOf(String(mode)));
      largest = Math.max(largest, await databaseSize());
      await after(SAMPLE_MS);
    }
  })();
  await work();
  isOver = true;
  await sampling;
  const [row] = await sql`SELECT duration_ms FROM schema_migrations ORDER BY version DESC LIMIT 1`;
  const lock = (STRENGTH[strongest] ?? "none")
    .replace(/Lock$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
  return { lock, durationMs: Number(row?.duration_ms), diskBytes: largest - before };
}

async function databaseSize(): Promise<number> {
  const [row] = await sql`SELECT pg_database_size(current_database())::float8 AS bytes`;
  return Number(row?.bytes);
}

/** Writes single rows until it is stopped. */
function underLoad(): { stop(): Promise<number> } {
  let isOver = false;
  let rows = 0;
  const writing = (async () => {
    while (!isOver) {
      await sql`INSERT INTO orders (customer, total, note) VALUES (7, 1, 'new')`;
      rows++;
      await after(5);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await writing;
      return rows;
    },
  };
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`;
}
