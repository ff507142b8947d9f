import { basename } from "node:path";
import { differingEntries } from "../diff/dump-comparison.ts";
import { dumpSchema } from "../support/pg-dump.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { run } from "../support/program.ts";
import type { PairFiles, PlainFile } from "./pairs.ts";

/** What psql and pg_dump say about both orders. */
export type Judgement =
  | { readonly entries: readonly string[] }
  | { readonly fails: { readonly branch: "own" | "theirs"; readonly version: string; readonly message: string } };

interface Tools {
  readonly server: PostgresServer;
  readonly pgDump: string;
  /** A directory. */
  readonly place: string;
}

/** Runs the files in both orders with psql, and compares the dumps. @param before SQL that the first file needs */
export async function judge(tools: Tools, files: PairFiles, before: string | undefined): Promise<Judgement> {
  const { server, pgDump } = tools;
  const { name: common } = await server.createDatabase(before);
  await mustRun(tools, common, files.common);
  const dumps: string[] = [];
  for (const branch of ["own", "theirs"] as const) {
    const database = `${common}_${branch}_last`;
    await server.copyDatabase(common, database);
    await mustRun(tools, database, branch === "own" ? files.theirs : files.own);
    const failure = await psql(tools, database, files[branch]);
    if (failure) return { fails: { branch, ...failure } };
    dumps.push(await dumpSchema(pgDump, server, database, []));
  }
  const [ownLast = "", theirsLast = ""] = dumps;
  return { entries: differingEntries(ownLast, theirsLast) };
}

async function mustRun(tools: Tools, database: string, files: readonly PlainFile[]): Promise<void> {
  const failure = await psql(tools, database, files);
  if (failure) throw new Error(`psql stops in ${failure.version}: ${failure.message}`);
}

interface PsqlFailure {
  readonly version: string;
  readonly message: string;
}

/** @returns the file that fails, and the server's message */
async function psql(
  { server, place }: Tools,
  database: string,
  files: readonly PlainFile[],
): Promise<PsqlFailure | undefined> {
  const connection = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", `--dbname=${server.url(database)}`];
  const named = files.map(({ path }) => `--file=${path}`);
  const { status, stderr } = await run(["psql", ...connection, ...named], { directory: place, timeoutMs: 120_000 });
  if (status === 0) return undefined;
  const [, path, message] = /^psql:(.+?):\d+: ERROR: +(.+)$/m.exec(stderr) ?? [];
  if (path === undefined || message === undefined) throw new Error(`psql: ${status} ${stderr.slice(-2000)}`);
  return { version: basename(path).slice(0, 3), message };
}
