import { existsSync, readFileSync } from "node:fs";
import { Failure, interruption } from "../../core/failure/failure.ts";
import type { RelationName, SchemaDump, SchemaDumpRequest } from "../../ports/schema-dump.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { broken, PgDumpRun } from "./pg-dump-run.ts";
import { schemaText } from "./schema-text.ts";

/** pg_dump's major version. */
const MAJOR = 18;

/** Every runtime has it, but the types of Node 20 do not. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

/**
 * PostgreSQL's pg_dump as WebAssembly, in a thread of its own. It talks to the server through pgstep's session, so that
 * TLS, log-in, poolers and PGlite need nothing more.
 * @param directory has pg-dump.js and pg-dump.wasm
 */
export function embeddedPgDump(directory: URL = new URL("./embedded/", import.meta.url)): SchemaDump {
  const thread = new URL("pg-dump.js", directory);
  const file = new URL("pg-dump.wasm", directory);
  // Compiling takes longer than a dump, and `diff` dumps a dozen times.
  let compiled: object | undefined;
  return {
    major: MAJOR,
    async write(session, request, signal) {
      const run = new PgDumpRun(session);
      try {
        if (!existsSync(thread) || !existsSync(file)) throw absent();
        requireKnownServer(session);
        compiled ??= compile(file);
        const { status, text, complaint } = await run.run({ thread, compiled, words: wordsOf(request) }, signal);
        if (status !== 0) throw refusal(run, complaint);
        await session.execute(run.forgetSql() || "SELECT");
        return schemaText(text);
      } catch (error) {
        // One message, for a pooler gives the end of a transaction and what follows to different servers.
        await session.execute(`ROLLBACK; ${run.forgetSql()}`).catch(() => {});
        if (signal.aborted) throw interruption(signal, "Cannot dump the schema", "Nothing was changed.");
        throw error;
      }
    },
  };
}

/** Compiles at once: Deno does not notice the end of a compilation while nothing else happens. */
function compile(file: URL): object {
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch (error) {
    throw broken(`pg-dump.wasm cannot be compiled: ${error instanceof Error ? error.message : error}`);
  }
}

function requireKnownServer({ backend }: Session): void {
  const server = Math.floor(backend.serverVersion / 10_000);
  if (server <= MAJOR) return;
  throw new Failure("dump-failed", `Cannot dump the schema: pg_dump ${MAJOR} does not know PostgreSQL ${server}`, {
    hint: `Update pgstep, or use PostgreSQL's own program: pg_dump --schema-only, of version ${server}.`,
  });
}

function wordsOf(request: SchemaDumpRequest): readonly string[] {
  const {
    section,
    owners,
    privileges,
    only = [],
    except = [],
    exceptSchemas = [],
    lockTimeoutMs,
    identified,
  } = request;
  return [
    ...["--schema-only", "--dbname=database", "--username=user", "--no-password"],
    ...(identified ? ["--verbose"] : []),
    ...(section === "whole" ? [] : [`--section=${section}`]),
    ...(owners ? [] : ["--no-owner"]),
    ...(privileges ? [] : ["--no-privileges"]),
    ...only.map((name) => `--table=${patternOf(name)}`),
    ...patternsOf(except).map((pattern) => `--exclude-table=${pattern}`),
    ...exceptSchemas.map((name) => `--exclude-schema=${quoted(name)}`),
    ...(lockTimeoutMs > 0 ? [`--lock-wait-timeout=${lockTimeoutMs}`] : []),
  ];
}

/** A pattern that matches this name only (psql's documentation, Patterns). */
function patternOf({ schema, name }: RelationName): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** pg_dump sends queries for each pattern, so that one pattern matches many names. */
const NAMES_OF_PATTERN = 200;

/** Patterns that match these names only. */
function patternsOf(names: readonly RelationName[]): string[] {
  const bySchema = new Map<string, string[]>();
  for (const { schema, name } of names) bySchema.set(schema, [...(bySchema.get(schema) ?? []), quoted(name)]);
  return [...bySchema].flatMap(([schema, all]) => {
    const groups = Array.from({ length: Math.ceil(all.length / NAMES_OF_PATTERN) }, (_, index) =>
      all.slice(index * NAMES_OF_PATTERN, (index + 1) * NAMES_OF_PATTERN),
    );
    return groups.map((group) => `${quoted(schema)}.${group.length > 1 ? `(${group.join("|")})` : group[0]}`);
  });
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function refusal({ serverFailure }: PgDumpRun, complaint: string): Error {
  if (serverFailure) return new ServerFailure(serverFailure);
  return new Failure("dump-failed", `Cannot dump the schema: ${complaint || "pg_dump ended without a reason"}`, {
    hint: "Report this to pgstep, and use PostgreSQL's own program meanwhile: pg_dump --schema-only.",
  });
}

function absent(): Failure {
  return new Failure("runtime-unsupported", "Cannot dump the schema: this build of pgstep does not include pg_dump", {
    hint: "Install pgstep from npm with its embedded/ folder.",
  });
}
