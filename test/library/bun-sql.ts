/*
 * A program for Bun: connects with each of the given options, through Bun itself and through pgstep, and prints both
 * outcomes as JSON. Arguments: the directory of migrations, and the options as a JSON list.
 */
import { MigrationRunner } from "../../src/index.ts";

interface BunSql {
  readonly options: object;
  unsafe(sql: string): Promise<readonly object[]>;
  close(): Promise<void>;
}

const { SQL } = Reflect.get(globalThis, "Bun") as { SQL: new (...options: unknown[]) => BunSql };
const [directory = "", list = "[]"] = process.argv.slice(2);

const outcome = async (work: () => Promise<unknown>) => {
  try {
    return await work();
  } catch (error) {
    return { refused: String((error as Error).message) };
  }
};

const outcomes: unknown[] = [];
for (const options of JSON.parse(list) as Record<string, unknown>[]) {
  const { password } = options;
  const connection = new SQL(
    ...(typeof options.url === "string"
      ? [options.url]
      : [{ ...options, ...(password ? { password: async () => password } : {}) }]),
  );
  const sql = "SELECT current_database() AS database, current_setting('application_name') AS name";
  outcomes.push({
    bun: await outcome(() => connection.unsafe(sql).then(([row]) => row)),
    pgstep: await outcome(async () => (await new MigrationRunner({ connection, directory }).runMigrations()).database),
  });
  await connection.close();
}
console.log(JSON.stringify(outcomes));
