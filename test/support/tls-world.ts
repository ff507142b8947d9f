import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PostgresSession } from "../../src/adapters/session/postgres-session.ts";
import { openDatabase } from "../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../src/adapters/target/resolve-target.ts";
import { Failure } from "../../src/core/failure/failure.ts";
import { type Certificate, makeCertificate } from "./certificates.ts";
import { temporaryPlace } from "./place.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

/** A server with TLS, and the files of a client of it. */
export interface TlsWorld {
  readonly server: PostgresServer;
  readonly authority: Certificate;
  /** What the server shows at first. */
  readonly certificate: Certificate;
  /** Writes a file that only its owner may read, and returns its path. */
  file(name: string, content: string | Uint8Array, mode?: number): string;
  /** Makes the server show the certificate of this name among `files`. */
  show(name: string): Promise<void>;
  end(): Promise<void>;
}

/** `more` certificates are given to the server by their names. */
export async function makeTlsWorld(
  authentication: string,
  more: (authority: Certificate) => Readonly<Record<string, Certificate>> = () => ({}),
): Promise<TlsWorld> {
  const directory = temporaryPlace("tls");
  const authority = makeCertificate({ name: "pgstep test authority" });
  const certificate = makeCertificate({ name: "localhost", issuer: authority, hosts: ["localhost"] });
  const certificates = { server: certificate, ...more(authority) };
  const files = Object.entries(certificates).flatMap(([name, one]) => [
    [`${name}.crt`, one.certificate],
    [`${name}.key`, one.key],
  ]);
  const server = await startPostgres({
    settings: { ssl: "on", ssl_ca_file: "authority.crt" },
    files: { ...Object.fromEntries(files), "authority.crt": authority.certificate },
    authentication,
  });
  return {
    server,
    authority,
    certificate,
    file(name, content, mode = 0o600) {
      const path = join(directory, name);
      writeFileSync(path, content, { mode });
      chmodSync(path, mode);
      return path;
    },
    async show(name) {
      await server.query("postgres", `ALTER SYSTEM SET ssl_cert_file = '${name}.crt'`);
      await server.query("postgres", `ALTER SYSTEM SET ssl_key_file = '${name}.key'`);
      await server.query("postgres", "SELECT pg_reload_conf()");
      const shown = async () => (await server.query("postgres", "SHOW ssl_key_file"))[0]?.ssl_key_file;
      while ((await shown()) !== `${name}.key`);
    },
    async end() {
      await server.stop();
    },
  };
}

/** A session on the database that a connection string names, where no variable of this process counts. */
export async function openUrl(url: string, environment: Record<string, string> = {}): Promise<PostgresSession> {
  const target = resolveTarget({ url, environment });
  if (!target) throw new Error(`${url} names no database`);
  return await openDatabase(target).open();
}

/** What `look` makes of the session that a connection string opens, or the message of the failure, without its start. */
export async function outcome(
  url: string,
  look: (session: PostgresSession) => Promise<string>,
  environment?: Record<string, string>,
): Promise<string> {
  let session: PostgresSession | undefined;
  try {
    session = await openUrl(url, environment);
    return await look(session);
  } catch (error) {
    if (error instanceof Failure) return error.message.replace(/^Cannot connect to .*?:\d+: /, "");
    throw error;
  } finally {
    await session?.close();
  }
}
