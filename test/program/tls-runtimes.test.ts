import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";
import { makeTlsWorld, type TlsWorld } from "../support/tls-world.ts";

const AUTHENTICATION = [
  "local all all trust",
  "hostnossl tlsonly all all reject",
  "hostssl all certified all cert",
  "host all clear all password",
  "host all hashed all md5",
  "host all scram all scram-sha-256",
  "host all all all trust",
].join("\n");

/** What each certificate of the server makes of connection strings: "connected", or what is complained of. */
type Outcomes = Readonly<Record<string, RegExp | "connected">>;

describe("TLS and log-ins of the built program", () => {
  let world: TlsWorld;
  let directory: string;
  let cases: Readonly<Record<string, Outcomes>>;

  before(async () => {
    directory = temporaryPlace("runtimes");
    world = await makeTlsWorld(AUTHENTICATION, (issuer) => ({
      expired: makeCertificate({ name: "localhost", issuer, hosts: ["localhost"], days: -1 }),
    }));
    const { query } = world.server;
    await query("postgres", "CREATE DATABASE tlsonly");
    await query("postgres", "CREATE ROLE certified LOGIN");
    for (const name of ["scram", "clear"]) await query("postgres", `CREATE ROLE ${name} LOGIN PASSWORD 'top secret'`);
    await query("postgres", "SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 'top secret'");
    const root = `sslrootcert=${world.file("root.crt", world.authority.certificate)}`;
    const strange = `sslrootcert=${world.file("strange.crt", makeCertificate({ name: "strange" }).certificate)}`;
    const own = makeCertificate({ name: "certified", issuer: world.authority });
    const encrypted = createPrivateKey(own.key).export({
      format: "pem",
      type: "pkcs8",
      cipher: "aes-256-cbc",
      passphrase: "key secret",
    });
    const pair = `sslcert=${world.file("own.crt", own.certificate)}&sslkey=${world.file("own.key", encrypted)}`;
    const bound = "sslmode=require&channel_binding=require";
    cases = {
      server: {
        "postgres@localhost/tlsonly?sslmode=disable": /no encryption|rejects/,
        "postgres@localhost/tlsonly?sslmode=allow": "connected",
        "postgres@localhost/tlsonly?sslmode=prefer": "connected",
        "postgres@localhost/tlsonly?sslmode=require": "connected",
        "postgres@localhost/tlsonly?sslmode=verify-full": /no root certificate/,
        "postgres@localhost/tlsonly?sslmode=verify-full&sslrootcert=system": /is not trusted/,
        [`postgres@localhost/tlsonly?sslmode=verify-ca&${strange}`]: /is not trusted/,
        [`postgres@localhost/tlsonly?sslmode=verify-full&${root}`]: "connected",
        [`postgres@localhost/tlsonly?sslmode=verify-full&sslnegotiation=direct&${root}`]: "connected",
        [`postgres@elsewhere/tlsonly?sslmode=verify-full&${root}`]: /not for "elsewhere"/,
        [`postgres@elsewhere/tlsonly?sslmode=verify-ca&${root}`]: "connected",
        [`certified@localhost/tlsonly?sslmode=require&${pair}&sslpassword=key%20secret`]: "connected",
        [`certified@localhost/tlsonly?sslmode=require&${pair}&sslpassword=wrong`]: /the password is wrong/,
        [`scram:top%20secret@localhost/postgres?${bound}`]: "connected",
        [`scram:wrong@localhost/postgres?${bound}`]: /password authentication failed/,
        [`hashed:top%20secret@localhost/postgres?${bound}`]: /channel_binding=require is set/,
        "hashed:top%20secret@localhost/postgres?sslmode=disable": "connected",
        "hashed:top%20secret@localhost/postgres?sslmode=require": "connected",
        "clear:top%20secret@localhost/postgres?sslmode=disable": /in clear text/,
        "clear:top%20secret@localhost/postgres?sslmode=require": "connected",
      },
      expired: {
        "postgres@localhost/tlsonly?sslmode=require": "connected",
        // Deno does not tell why.
        [`postgres@localhost/tlsonly?sslmode=verify-full&${root}`]: /has expired|is not trusted/,
      },
    };
  });
  after(async () => {
    await world?.end();
  });

  for (const runtime of chosenRuntimes()) {
    test(`on ${runtime}`, async () => {
      const command = await programCommand(runtime);
      for (const [certificate, outcomes] of Object.entries(cases)) {
        await world.show(certificate);
        for (const [place, expected] of Object.entries(outcomes)) {
          const url = `postgres://${place}&hostaddr=127.0.0.1&port=${world.server.port}`;
          const { status, stdout, stderr } = await run([...command, "status", "--dir", ".", "--url", url], {
            directory,
            environment: { HOME: directory },
          });
          if (expected === "connected") assert.equal(status, 0, `${place}: ${stderr}`);
          else assert.match(`${status}: ${stderr}`, new RegExp(`^2: [^]*(?:${expected.source})`), place);
          assert.ok(!/top secret|key secret/.test(stdout + stderr), place);
          const isExposed = place.startsWith("hashed:") && place.endsWith("sslmode=disable");
          assert.equal(/^warning: logged in to .* by md5 without TLS/m.test(stderr), isExposed, `${place}: ${stderr}`);
        }
      }
    });
  }
});
