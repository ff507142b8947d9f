import { spawn, spawnSync } from "node:child_process";
import { chownSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryPlace } from "./place.ts";
import { serverUser } from "./postgres-binaries.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** How long a client keeps a connection to the server: until it leaves, for a transaction, or for a statement. */
export type PoolMode = "session" | "transaction" | "statement";

/** A real pgbouncer before a server. */
export interface Pgbouncer {
  url(database: string): string;
  stop(): Promise<void>;
}

/** The program, or undefined where it is not installed. */
export function findPgbouncer(): string | undefined {
  const candidates = ["pgbouncer", "/usr/sbin/pgbouncer"];
  return candidates.find((command) => spawnSync(command, ["--version"]).status === 0);
}

/**
 * Starts it with few server connections, so that clients really share them.
 * @param role as which it logs in to the server, whoever the client says that it is
 */
export async function startPgbouncer(
  command: string,
  server: PostgresServer,
  poolSize = 3,
  mode: PoolMode = "transaction",
  role = "postgres",
): Promise<Pgbouncer> {
  const directory = temporaryPlace("bouncer");
  const port = await freePort();
  const user = serverUser();
  // Where authentication is "any", the database line tells who to log in as.
  const settings = `[databases]
* = host=${server.host} port=${server.port} user=${role}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${poolSize}
max_client_conn = 100
`;
  writeFileSync(join(directory, "pgbouncer.ini"), settings);
  if (user) for (const path of [directory, join(directory, "pgbouncer.ini")]) chownSync(path, user.uid, user.gid);
  const child = spawn(command, [join(directory, "pgbouncer.ini")], { stdio: "ignore", ...user });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  await listening(port);
  return {
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    async stop() {
      process.off("exit", kill);
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error("pgbouncer did not start");
}
