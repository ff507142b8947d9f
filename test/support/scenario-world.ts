import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { temporaryPlace } from "./place.ts";
import type { Major } from "./postgres-binaries.ts";
import { type PostgresServer, sharedServer } from "./postgres-server.ts";
import { type Outcome, programCommand, type RuntimeName, run, startedWords } from "./program.ts";
import { repositoryAt } from "./repository.ts";
import type { Scenario, ScenarioCommand } from "./scenario-file.ts";

/** A fresh copy of a scenario's files and, when it asks for one, a fresh database. */
export interface World {
  /** Texts that differ from run to run, and the names that stand for them in what is expected. */
  readonly names: ReadonlyMap<string, string>;
  run(command: ScenarioCommand): Promise<Outcome>;
  close(): void;
}

const DIRECTIVES = ["database", "server", "role", "environment", "runtimes"];

export async function openWorld(directory: string, scenario: Scenario, runtime: RuntimeName): Promise<World> {
  for (const name of scenario.directives.keys()) {
    if (!DIRECTIVES.includes(name)) throw new Error(`unknown directive "${name}"; known are ${DIRECTIVES.join(", ")}`);
  }
  const place = temporaryPlace("scenario");
  // As they stand: Node 22 and newer fail, some of them fatally, at a link to itself that they would resolve.
  cpSync(directory, place, { recursive: true, verbatimSymlinks: true });
  for (const name of ["scenario.md", "before.sql"]) rmSync(join(place, name), { force: true });
  const program = await programCommand(runtime);
  // Deno's path has an "@", which Markdown breaks up.
  const started = startedWords(program).flatMap((words) => [words, words.replaceAll("@", "@<!-- -->")]);
  const names = new Map([[place, "<directory>"], ...started.map((words) => [words, "pgstep"] as const)]);
  const variables: Record<string, string> = {};
  for (const pair of scenario.directives.get("environment")?.split(/,\s*/) ?? []) {
    const [name = "", ...value] = pair.split("=");
    variables[name] = value.join("=");
  }
  const database = scenario.directives.get("database") ?? "server";
  let query = (_: string): Promise<Record<string, unknown>[]> => Promise.reject(new Error("there is no server here"));
  if (database === "pglite") variables.DATABASE_URL = "pglite:data";
  if (database === "server") {
    const server = await sharedServer(Number(scenario.directives.get("server") ?? 18) as Major);
    const { name } = await server.createDatabase();
    query = (sql) => server.query(name, substitute(sql, known));
    const role = scenario.directives.get("role") === "unprivileged" ? await unprivileged(server, name) : "postgres";
    variables.DATABASE_URL = server.url(name, role);
    const known: Record<string, string> = { DATABASE: name, ROLE: role, PORT: `${server.port}`, HOST: server.host };
    const before = join(directory, "before.sql");
    if (existsSync(before)) await query(readFileSync(before, "utf8"));
    for (const [key, value] of Object.entries(known)) {
      if (key !== "HOST" && value !== "postgres") names.set(value, `<${key.toLowerCase()}>`);
    }
    Object.assign(variables, { ...known, ...variables });
  }
  let current = place;
  return {
    names,
    run: async (command) => {
      const { words, assignments } = splitWords(command.text, variables);
      const [verb = "", ...args] = words;
      if (verb === "pgstep") {
        return run([...program, ...args], {
          directory: current,
          environment: { ...environment(variables), ...assignments },
          ...(command.input !== undefined && { input: command.input }),
        });
      }
      if (verb === "sql") return printed(await query(args.join(" ") || (command.input ?? "")));
      if (verb === "cd") {
        // For pgstep; the other commands' paths stay those of the scenario.
        current = join(place, args[0] ?? ".");
        return { stdout: "", stderr: "", status: 0 };
      }
      // Quiet, and with the same names of commits on every machine.
      if (verb === "git") {
        repositoryAt(place, WHEN).git(...args);
        return { stdout: "", stderr: "", status: 0 };
      }
      return fileCommand(verb, args, place, command.input ?? "");
    },
    close: () => rmSync(place, { recursive: true, force: true }),
  };
}

const DATE = "2026-01-31T12:00:00Z";
const WHEN = { GIT_AUTHOR_DATE: DATE, GIT_COMMITTER_DATE: DATE };

/** DATABASE, ROLE, PORT and HOST are for the scenario's own commands; the program gets the rest. */
function environment(variables: Readonly<Record<string, string>>): Record<string, string> {
  const { DATABASE: _database, ROLE: _role, PORT: _port, HOST: _host, ...rest } = variables;
  return rest;
}

/** A role that may connect and owns nothing. */
async function unprivileged(server: PostgresServer, database: string): Promise<string> {
  const role = `${database}_role`;
  await server.query(database, `CREATE ROLE ${role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
  return role;
}

function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$([A-Z_]+)/g, (found, name: string) => variables[name] ?? found);
}

/** Words as a shell would split them: quotes, `$NAME`, and `NAME=value` before the command. */
export function splitWords(text: string, variables: Readonly<Record<string, string>>) {
  const words: string[] = [];
  const assignments: Record<string, string> = {};
  for (const [word] of text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    const value = word.replace(/'([^']*)'|"([^"]*)"|([^'"]+)/g, (_, single?: string, double?: string, bare?: string) =>
      single === undefined ? substitute(double ?? bare ?? "", variables) : single,
    );
    const [, name, assigned] = (words.length === 0 && /^([A-Z][A-Z_]*)=(.*)$/s.exec(value)) || [];
    if (name !== undefined) assignments[name] = assigned ?? "";
    else words.push(value);
  }
  return { words, assignments };
}

function printed(rows: readonly Record<string, unknown>[]): Outcome {
  const cell = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value ?? "null"));
  const lines = rows.map((row) => `${Object.values(row).map(cell).join(" | ")}\n`);
  return { stdout: lines.join(""), stderr: "", status: 0 };
}

function fileCommand(verb: string, args: readonly string[], place: string, input: string): Outcome {
  const [first = ".", second = ""] = args.map((path) => join(place, path));
  const commands: Readonly<Record<string, () => string | undefined>> = {
    cat: () => readFileSync(first, "utf8"),
    ls: () =>
      readdirSync(args.length === 0 ? place : first)
        .sort()
        .map((name) => `${name}\n`)
        .join(""),
    write: () => {
      mkdirSync(dirname(first), { recursive: true });
      writeFileSync(first, input);
      return "";
    },
    append: () => void appendFileSync(first, input),
    rm: () => void rmSync(first, { recursive: true }),
    mv: () => void renameSync(first, second),
    // Typed with -s before them.
    ln: () => void symlinkSync(args[1] ?? "", join(place, args[2] ?? "")),
    mkdir: () => void mkdirSync(first, { recursive: true }),
  };
  const command = commands[verb];
  if (!command)
    throw new Error(
      `scenarios have no command "${verb}"; known are pgstep, sql, cd, git, ${Object.keys(commands).join(", ")}`,
    );
  return { stdout: command() ?? "", stderr: "", status: 0 };
}
