import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { isSystemSocket, type ServerTarget } from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { DumpProgram } from "../../ports/backups.ts";

/** The value of --pg-dump that names no program. */
export const NO_PROGRAM = "none";

/** What the user named, and where else to search: "installed" on PATH, or nowhere. */
interface Wanted {
  readonly named: string | undefined;
  readonly search: "named" | "installed";
}

/**
 * The pg_dump for a server of this major version, with the pg_restore beside it; undefined if there is none. pg_dump can
 * dump servers of its own version and older.
 * @throws Failure settings if the named one is unsuitable; runtime-unsupported if it is named and Deno may not start it
 */
export async function findDumpProgram(
  target: ServerTarget,
  { named, search }: Wanted,
  serverMajor: number,
): Promise<DumpProgram | undefined> {
  if (named === NO_PROGRAM || (named === undefined && search === "named")) return undefined;
  const program = named ?? "pg_dump";
  let version: string;
  try {
    version = (await run(program, ["--version"], process.env)).trim();
  } catch (error) {
    if (named === undefined) return undefined;
    throw cannotUse(program, error);
  }
  const [number = "", major = ""] = /(?<![.\w])(\d+)(?!\d)[.\w]*(?= |$)/.exec(version.replace(/^.*\)\s/, "")) ?? [];
  if (Number(major) < serverMajor) {
    if (named === undefined) return undefined;
    throw new Failure("settings", `Cannot use ${program}: it has version ${number}, and the server ${serverMajor}`, {
      hint: `Name a pg_dump of version ${serverMajor} or newer, or leave out --pg-dump.`,
    });
  }
  const restore = program.includes("/") || program.includes("\\") ? join(dirname(program), "pg_restore") : "pg_restore";
  return {
    description: `pg_dump ${number}`,
    major: Number(major),
    async dump(path, snapshot, signal) {
      const words = ["--format=custom", "--no-password", `--snapshot=${snapshot}`, `--file=${path}`];
      await runFor("dump the database", program, words, await libpqVariables(target), signal);
    },
    async list(path) {
      return (await runFor(`list ${path}`, restore, ["--list", path], process.env)).split(/\r?\n/);
    },
    async script(path, to) {
      await runFor(`read ${path}`, restore, [`--file=${to}`, path], process.env);
    },
  };
}

/**
 * Environment variables that give libpq the same server; every user of the machine could read a command line. Inherited
 * libpq variables are left out: their values are already in the target.
 */
async function libpqVariables(target: ServerTarget): Promise<NodeJS.ProcessEnv> {
  const { hosts, tls } = target;
  if (tls.clientKeyPassword() !== undefined) {
    throw new Failure("backup-failed", "Cannot start pg_dump: libpq has no variable for the client key's password", {
      hint: "Let pgstep write the backup: leave out --pg-dump.",
    });
  }
  const password = await hosts[0]?.password();
  const addresses = hosts.map(({ address }) => address ?? "");
  const given: Record<string, string | undefined> = {
    PGHOST: hosts.map(({ name }) => name).join(","),
    PGHOSTADDR: addresses.some((address) => address !== "") ? addresses.join(",") : undefined,
    PGPORT: hosts.map(({ port }) => port).join(","),
    PGUSER: target.user,
    PGDATABASE: target.database,
    PGPASSWORD: password,
    PGREQUIREAUTH: requiredMethods(target),
    PGCHANNELBINDING: target.authentication.channelBinding,
    PGSSLMODE: tls.mode,
    PGSSLNEGOTIATION: tls.direct ? "direct" : undefined,
    PGSSLSNI: tls.sendsName ? "1" : "0",
    PGSSLROOTCERT: tls.rootCertificate,
    PGSSLCERT: tls.clientCertificate,
    PGSSLKEY: tls.clientKey,
    PGSSLCERTMODE: tls.showsCertificate ? undefined : "disable",
    PGSSLCRL: tls.revocationList,
    PGSSLCRLDIR: tls.revocationDirectory,
    PGSSLMINPROTOCOLVERSION: tls.minimumVersion,
    PGSSLMAXPROTOCOLVERSION: tls.maximumVersion,
    PGTARGETSESSIONATTRS: target.serverRole,
    PGCONNECT_TIMEOUT: target.connectTimeoutMs > 0 ? String(Math.ceil(target.connectTimeoutMs / 1000)) : undefined,
    PGAPPNAME: "pgstep pg_dump",
    PGOPTIONS: startupOptions(target.startup),
  };
  const others = Object.entries(process.env).filter(([name]) => !/^PG(?!STEP)/.test(name));
  return Object.fromEntries([...others, ...Object.entries(given)].filter(([, value]) => value !== undefined));
}

/** The value of require_auth, for libpq 16 and newer; undefined if every method is allowed. */
function requiredMethods({ authentication, hosts }: ServerTarget): string | undefined {
  const { allowed, guard } = authentication;
  const isGuarded = guard !== undefined && !guard.verifiesServer && !hosts.every(isSystemSocket);
  const methods = ["password", "md5", "scram-sha-256", "none"] as const;
  const named = methods.filter(
    (method) => allowed.has(method) && !(isGuarded && (method === "password" || method === "md5")),
  );
  return named.length === methods.length ? undefined : named.join(",");
}

/** As `-c name=value`, with spaces and backslashes escaped (PostgreSQL documentation, 20.1.4). */
function startupOptions(startup: Readonly<Record<string, string>>): string | undefined {
  const words = Object.entries(startup)
    .filter(([name]) => !["application_name", "client_encoding", "options"].includes(name))
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`);
  if (startup.options) words.unshift(startup.options);
  return words.length > 0 ? words.join(" ") : undefined;
}

async function runFor(
  what: string,
  program: string,
  words: readonly string[],
  variables: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  try {
    return await run(program, words, variables, signal);
  } catch (error) {
    throw new Failure("backup-failed", `Cannot ${what}: ${program}: ${systemWords(error, "program")}`, {
      hint: "Fix the problem, or let pgstep write the backup: leave out --pg-dump. Nothing was changed.",
      cause: error,
    });
  }
}

/** Resolves to the standard output. Rejects with the last lines of standard error. */
function run(
  program: string,
  words: readonly string[],
  variables: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: variables });
    let output = "";
    let complaint = "";
    const stop = () => void child.kill("SIGTERM");
    signal?.addEventListener("abort", stop, { once: true });
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      complaint = (complaint + bytes.toString()).slice(-MOST_COMPLAINT);
    });
    child.once("error", reject);
    child.once("close", (status) => {
      signal?.removeEventListener("abort", stop);
      if (status === 0) resolve(output);
      else reject(new Error(complaint.trim().split("\n").slice(-3).join("; ") || `it ended with ${status}`));
    });
  });
}

const MOST_COMPLAINT = 4_000;

function cannotUse(program: string, error: unknown): Failure {
  if (error instanceof Error && error.name === "NotCapable") {
    return new Failure("runtime-unsupported", `Cannot start ${program}: Deno does not allow it`, {
      hint: "Run pgstep with --allow-run, or let pgstep write the backup: leave out --pg-dump.",
      cause: error,
    });
  }
  return new Failure("settings", `Cannot use ${program} as pg_dump: ${systemWords(error, "program")}`, {
    hint: "Name another program with --pg-dump <path>, or leave out --pg-dump.",
    cause: error,
  });
}
