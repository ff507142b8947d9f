import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeCertificate, makeRevocationList } from "../support/certificates.ts";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";
import { makeTlsWorld, type TlsWorld } from "../support/tls-world.ts";

const AUTHENTICATION = [
  "local all all trust",
  "hostssl all certified all cert",
  "hostssl all keyed all scram-sha-256",
  "hostssl all all all trust",
].join("\n");

const DISTRIBUTION = "/etc/postgresql-common";

describe("files in the home directory", () => {
  let world: TlsWorld;
  const homes: string[] = [];

  before(async () => {
    world = await makeTlsWorld(AUTHENTICATION);
    await world.server.query("postgres", "CREATE ROLE certified LOGIN SUPERUSER");
    await world.server.query("postgres", "CREATE ROLE keyed LOGIN SUPERUSER PASSWORD 'topsecret'");
  });
  after(async () => {
    await world?.end();
    for (const home of homes) rmSync(home, { recursive: true });
  });

  /** A home directory with these files. */
  function home(files: Readonly<Record<string, string>>): string {
    const path = temporaryPlace("home");
    homes.push(path);
    mkdirSync(join(path, ".postgresql"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o600 });
    return path;
  }

  for (const runtime of chosenRuntimes()) {
    test(`are found on ${runtime}`, async () => {
      const command = await programCommand(runtime);
      /** "connected", or what the program complains of. */
      const status = async (files: Readonly<Record<string, string>>, url: string) => {
        const directory = home(files);
        const { status: exit, stderr } = await run([...command, "status", "--dir", ".", "--url", url], {
          directory,
          environment: { HOME: directory },
        });
        return exit === 0 ? "connected" : stderr;
      };
      const url = (user: string, query: string) =>
        `postgres://${user}@localhost:${world.server.port}/postgres?hostaddr=127.0.0.1&${query}`;
      const root = { ".postgresql/root.crt": world.authority.certificate };
      const strange = { ".postgresql/root.crt": makeCertificate({ name: "strange" }).certificate };
      assert.equal(await status({}, url("postgres", "sslmode=require")), "connected");
      assert.equal(await status(root, url("postgres", "sslmode=require")), "connected");
      assert.match(await status(strange, url("postgres", "sslmode=require")), /certificate is not trusted/);
      assert.match(await status({}, url("postgres", "sslmode=verify-full")), /no root certificate in .*root\.crt/);
      assert.equal(await status(root, url("postgres", "sslmode=verify-full")), "connected");

      const list = { ".postgresql/root.crl": makeRevocationList(world.authority, [world.certificate]) };
      const revoked = runtime === "deno" ? /Deno does not support them/ : /has been revoked/;
      assert.match(await status({ ...root, ...list }, url("postgres", "sslmode=verify-ca")), revoked);

      const own = makeCertificate({ name: "certified", issuer: world.authority });
      const client = { ".postgresql/postgresql.crt": own.certificate, ".postgresql/postgresql.key": own.key };
      assert.equal(await status(client, url("certified", "sslmode=require")), "connected");
      assert.match(await status({}, url("certified", "sslmode=require")), /requires a valid client certificate/);

      const password = { ".pgpass": "localhost:*:*:keyed:topsecret\n" };
      assert.equal(await status(password, url("keyed", "channel_binding=require")), "connected");
      const service = { ".pg_service.conf": `[app]\nhost=localhost\nhostaddr=127.0.0.1\nport=${world.server.port}\n` };
      assert.equal(await status({ ...password, ...service }, "service=app user=keyed dbname=postgres"), "connected");
    });
  }

  test("and the service file of the system's administrator, where distributions keep it", {
    skip: noMounts(),
  }, async () => {
    const system = home({
      "pg_service.conf": `[app]\nhost=localhost\nhostaddr=127.0.0.1\nport=${world.server.port}\n`,
    });
    const mounted = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount --bind "$0" ${DISTRIBUTION} && exec "$@"`,
      system,
    ] as const;
    const [first, ...rest] = await programCommand("node");
    const { status, stderr } = await run(
      [...mounted, first, ...rest, "status", "--dir", ".", "--url", "service=app user=postgres dbname=postgres"],
      { directory: system },
    );
    assert.equal(status, 0, stderr);
  });
});

function noMounts(): string | false {
  if (!existsSync(DISTRIBUTION)) return `there is no ${DISTRIBUTION}`;
  const trial = spawnSync("unshare", ["--mount", "mount", "--bind", DISTRIBUTION, DISTRIBUTION]);
  return trial.status === 0 ? false : "no mount namespace can be made here";
}
