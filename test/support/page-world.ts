import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { ROOT } from "../../build/runtimes.ts";
import { normalise } from "./expectation.ts";
import type { PageFile } from "./page-file.ts";
import { temporaryPlace, writeFiles } from "./place.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { type Outcome, run } from "./program.ts";

/**
 * Where the examples of a page are followed: a directory in which nothing but pgstep and drivers are installed, and a server of which
 * the databases and roles are new whose URLs (`postgres://role@localhost/database`) the page has.
 */
export interface PageWorld {
  readonly directory: string;
  write(file: PageFile): void;
  /** Runs a line as a shell does, with what the lines before left: variables, directory, `$?`. Both outputs are one. */
  run(line: string): Promise<Outcome>;
  /** What was printed as the documentation has it: port 5432, and the directory /srv/app. */
  shown(output: string): string[];
  close(): void;
}

const DIRECTORY = "/srv/app";
const LOCAL_URL = /postgres:\/\/(\w+)(?::\w+)?@localhost\/(\w+)/g;

export async function openPageWorld(server: PostgresServer, page: string): Promise<PageWorld> {
  const program = await ensureBuilt();
  const urls = [...page.matchAll(LOCAL_URL)];
  await recreate(server, new Set(urls.map(([, , name = ""]) => name)), new Set(urls.map(([, role = ""]) => role)));
  const place = temporaryPlace("page");
  const [directory, programs, state] = ["app", "bin", "state"].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(join(directory, "node_modules", ".bin"), { recursive: true });
  mkdirSync(programs);
  symlinkSync(ROOT, join(directory, "node_modules", "pgstep"));
  mkdirSync(join(directory, "node_modules", "@electric-sql"));
  for (const name of ["pg", "@electric-sql/pglite"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(directory, "node_modules", name));
  }
  for (const path of [join(directory, "node_modules", ".bin", "pgstep"), join(programs, "pgstep")]) {
    symlinkSync(program, path);
  }
  writeFileSync(state, "");
  let status = 0;
  return {
    directory,
    write: ({ path, text }) => writeFiles(directory, { [path]: text }),
    run: async (line) => {
      const script = [
        "exec 2>&1",
        `. '${state}'; cd "\${PAGE_PWD:-.}"; unset PAGE_PWD`,
        `trap 'PAGE_STATUS=$?; { export -p; echo "export PAGE_PWD=\\"$(pwd)\\""; } > "${state}"; exit $PAGE_STATUS' EXIT`,
        `(exit ${status})`,
        line,
      ].join("\n");
      const outcome = await run(["sh", "-c", script], {
        directory,
        environment: {
          PATH: [programs, dirname(process.execPath), process.env.PATH].join(delimiter),
          PGPORT: `${server.port}`,
          // Whether a machine has a pg_dump that is new enough must make no difference.
          PGSTEP_PG_DUMP: "none",
          npm_config_update_notifier: "false",
          npm_config_offline: "true",
        },
      });
      status = Number(outcome.status);
      return outcome;
    },
    shown: (output) => {
      const named = output
        .replaceAll(directory, DIRECTORY)
        .replaceAll(ROOT, "/srv/pgstep")
        .replaceAll(`${server.port}`, "5432");
      const lines = named.split("\n").map((line) => line.trimEnd());
      while (lines.at(-1) === "") lines.pop();
      return lines;
    },
    close: () => rmSync(place, { recursive: true, force: true }),
  };
}

async function recreate(server: PostgresServer, databases: ReadonlySet<string>, roles: ReadonlySet<string>) {
  for (const role of roles) {
    const known = await server.query("postgres", `SELECT 1 FROM pg_roles WHERE rolname = '${role}'`);
    if (known.length === 0) await server.query("postgres", `CREATE ROLE ${role} SUPERUSER LOGIN`);
  }
  for (const name of databases) {
    await server.query("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await server.query("postgres", `CREATE DATABASE ${name} TEMPLATE template0`);
  }
}

/** Lines without what differs from run to run, on both sides of a comparison: durations, instants, days, process ids. */
export function comparable(lines: readonly string[]): string[] {
  return normalise(lines.join("\n"), new Map())
    .map((line) => line.replace(/\b\d{4}-\d\d-\d\d\b/g, "<day>").replace(/\b\d\d:\d\d:\d\d\b/g, "<time>"))
    .map((line) => line.replace(/\b\d{8}T\d{6,9}Z\b/g, "<timestamp>"))
    .map((line) => (line.trim() === "..." ? "[...]" : line));
}
