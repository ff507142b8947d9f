// The least that a program on `postgres` does to find that nothing is pending; `npm run bench -- start` compares with it.
import { readdir, readFile } from "node:fs/promises";
import process from "node:process";
import postgres from "postgres";

const [url, directory] = process.argv.slice(2);
const sql = postgres(url, { max: 1, onnotice: () => {} });
try {
  await sql`CREATE TABLE IF NOT EXISTS thirty_lines (version text PRIMARY KEY)`;
  const rows = await sql`SELECT version FROM thirty_lines`;
  const applied = new Set(rows.map(({ version }) => version));
  const files = (await readdir(directory)).filter((name) => name.endsWith(".sql")).sort();
  const pending = files.filter((name) => !applied.has(name));
  for (const name of pending) {
    const text = await readFile(`${directory}/${name}`, "utf8");
    await sql.begin(async (transaction) => {
      await transaction.unsafe(text);
      await transaction`INSERT INTO thirty_lines (version) VALUES (${name})`;
    });
    console.log(`applied ${name}`);
  }
  if (pending.length === 0) console.log("nothing to do");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await sql.end();
}
