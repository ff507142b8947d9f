import { execFileSync } from "node:child_process";
import { cpSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import type { ServerUser } from "./postgres-binaries.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { untilTrue } from "./until.ts";

/**
 * Copies the data of a running server, as a base backup does (PostgreSQL documentation, 26.3.4), so that a server which
 * is started on the copy streams from it as its standby.
 */
export async function copyData(primary: PostgresServer, data: string, user: ServerUser | undefined): Promise<void> {
  const socket = primary.socketDirectory;
  const sql = postgres({
    path: join(socket, `.s.PGSQL.${primary.port}`),
    database: "postgres",
    username: "postgres",
    max: 1,
    onnotice: () => {},
  });
  try {
    await sql.unsafe("SELECT pg_backup_start('standby', true)");
    cpSync(realpathSync(join(socket, "..", "data")), data, {
      recursive: true,
      filter: (source) => !source.endsWith("postmaster.pid"),
    });
    const [row] = await sql.unsafe("SELECT labelfile FROM pg_backup_stop(false)");
    writeFileSync(join(data, "backup_label"), String(row?.labelfile));
  } finally {
    await sql.end({ timeout: 5 });
  }
  writeFileSync(join(data, "standby.signal"), "");
  writeFileSync(
    join(data, "postgresql.auto.conf"),
    `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres'\n`,
  );
  rmSync(join(data, "postmaster.opts"), { force: true });
  if (user) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, data]);
}

/** Waits until the standby has replayed everything that the primary has written so far. */
export async function caughtUp(primary: PostgresServer, standby: PostgresServer): Promise<void> {
  const [row] = await primary.query("postgres", "SELECT pg_current_wal_lsn()::text AS place");
  await becomesTrue(standby, `SELECT pg_last_wal_replay_lsn() >= '${row?.place}' AS done`);
}

/** Keeps the standby from receiving anything more: from now on it lags. */
export async function cutOff(standby: PostgresServer): Promise<void> {
  await standby.query("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
  await standby.query("postgres", "SELECT pg_reload_conf()");
  await becomesTrue(standby, "SELECT count(*) = 0 AS done FROM pg_stat_wal_receiver");
}

function becomesTrue(server: PostgresServer, sql: string): Promise<void> {
  return untilTrue((text) => server.query("postgres", text), sql, 30_000);
}
