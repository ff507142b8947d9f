import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A directory of migrations, and the same work in the same transactions as one psql script. */
export interface Workload {
  readonly directory: string;
  readonly psqlScript: string;
}

/** `count` migrations of four statements each. */
export function smallMigrations(root: string, count: number): Workload {
  const directory = join(root, `small-${count}`);
  const psqlScript = join(root, `small-${count}.psql`);
  mkdirSync(directory);
  const script = [HISTORY];
  for (let number = 1; number <= count; number++) {
    const version = String(number).padStart(5, "0");
    const sql = `CREATE TABLE t${number} (id integer PRIMARY KEY);
INSERT INTO t${number} VALUES (1);
ALTER TABLE t${number} ADD COLUMN label text;
CREATE INDEX ON t${number} (label);
`;
    writeFileSync(join(directory, `${version}_table.sql`), sql);
    script.push(
      `BEGIN;\n${sql}INSERT INTO schema_migrations (version, description) VALUES ('${version}', 'table');\nCOMMIT;\n`,
    );
  }
  writeFileSync(psqlScript, script.join(""));
  return { directory, psqlScript };
}

/** One migration of about `bytes` bytes of single-row INSERTs, or of COPY data. */
export function largeMigration(root: string, kind: "insert" | "copy", bytes: number): Workload {
  const directory = join(root, `${kind}-${bytes}`);
  const psqlScript = join(root, `${kind}-${bytes}.psql`);
  mkdirSync(directory);
  const file = join(directory, "001_load.sql");
  const start = "CREATE TABLE load (id integer, label text);\n";
  const rest = kind === "copy" ? "COPY load (id, label) FROM STDIN;\n" : "";
  writeFileSync(file, start + rest);
  writeFileSync(psqlScript, `${HISTORY}BEGIN;\n${start}${rest}`);
  const filler = "x".repeat(150);
  let number = 0;
  for (let written = 0; written < bytes; ) {
    let part = "";
    while (part.length < 1 << 20) {
      number++;
      part += kind === "copy" ? `${number}\t${filler}\n` : `INSERT INTO load VALUES (${number}, '${filler}');\n`;
    }
    appendFileSync(file, part);
    appendFileSync(psqlScript, part);
    written += part.length;
  }
  const end = kind === "copy" ? "\\.\n" : "";
  appendFileSync(file, end);
  appendFileSync(
    psqlScript,
    `${end}INSERT INTO schema_migrations (version, description) VALUES ('001', 'load');\nCOMMIT;\n`,
  );
  return { directory, psqlScript };
}

const HISTORY =
  "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, description text);\n";
