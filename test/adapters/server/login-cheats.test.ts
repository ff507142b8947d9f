import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { challenge, message, SCRAM, startFakeServer, WELCOME } from "../../support/fake-server.ts";
import { outcome } from "../../support/tls-world.ts";

const ACCEPTED = message("R", 0);
const CLEAR_TEXT = message("R", 3);
const SCRAM_BOUND = message("R", 10, "SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");

/** What the server says next: always the same, or made from what the client has just said. */
type Answer = Buffer | ((said: Buffer) => Buffer);

/** What becomes of a log-in where each thing the client says is answered by the next of `answers`; and what it said. */
async function against(answers: readonly Answer[], query = ""): Promise<{ message: string; said: string }> {
  const server = await startFakeServer((socket, said, turn) => {
    const answer = answers[turn];
    if (answer) socket.write(Buffer.isBuffer(answer) ? answer : answer(said));
    else socket.end();
  });
  const told = await outcome(`${server.url}&connect_timeout=5${query}`, async () => "logged in");
  server.close();
  return { message: told, said: server.said };
}

describe("a server that cheats", () => {
  const cases: Record<string, { answers: Answer[]; query?: string; expected: RegExp }> = {
    "skips its own proof": { answers: [SCRAM, ACCEPTED], expected: /did not prove that it knows the password/ },
    "asks again, for clear text": {
      answers: [SCRAM, CLEAR_TEXT],
      query: "&require_auth=password,scram-sha-256",
      expected: /asks to authenticate twice/,
    },
    "asks for clear text only": { answers: [CLEAR_TEXT], expected: /in clear text/ },
    "offers a binding without TLS": { answers: [SCRAM_BOUND], expected: /takes the connection for encrypted/ },
    "lets everybody in": { answers: [ACCEPTED], query: "&require_auth=scram-sha-256", expected: /no authentication/ },
    "challenges out of turn": { answers: [message("R", 11, "r=x,s=AA==,i=1")], expected: /out of order/ },
    "ends out of turn": { answers: [message("R", 12, "v=AA==")], expected: /out of order/ },
    "answers with another's nonce": {
      answers: [SCRAM, message("R", 11, "r=other,s=AAAA,i=4096")],
      expected: /challenge is malformed/,
    },
    "wants GSSAPI": { answers: [message("R", 7)], expected: /GSSAPI, SSPI/ },
    "wants OAuth": { answers: [message("R", 10, "OAUTHBEARER\0\0")], expected: /OAUTHBEARER/ },
    "announces a message of a gigabyte": {
      answers: [Buffer.from([0x52, 0x40, 0, 0, 0, 0])],
      expected: /not a PostgreSQL server/,
    },
    "wants the password hashed for an hour": {
      answers: [SCRAM, (said) => challenge(said, 2 ** 31 - 1)],
      expected: /asks for 2147483647 hash iterations of the password; pgstep allows at most 10,000,000/,
    },
    "wants it hashed once more than is done": {
      answers: [SCRAM, (said) => challenge(said, 10_000_001)],
      expected: /asks for 10000001 hash iterations/,
    },
    "announces a message too short to be one": {
      answers: [Buffer.from([0x4e, 0, 0, 0, 3, 0])],
      expected: /not a PostgreSQL server/,
    },
    "sends half a notice": { answers: [message("N", "SNOTICE")], expected: /does not understand: a malformed Notice/ },
    "sends a parameter without a value": {
      answers: [Buffer.concat([message("R", 0), message("S", "TimeZone\0")])],
      expected: /does not understand: a malformed ParameterStatus/,
    },
    "says that it is ready for nothing": {
      answers: [Buffer.concat([message("R", 0), message("Z", "Q")])],
      expected: /does not understand: a malformed ReadyForQuery/,
    },
    "sends an empty request": { answers: [message("R")], expected: /not supported/ },
  };
  for (const [name, { answers, query, expected }] of Object.entries(cases)) {
    test(name, async () => {
      const { message: told, said } = await against(answers, query);
      assert.match(told, expected);
      assert.ok(!said.includes("topsecret"), "the password went over the wire");
    });
  }
});

describe("a server that does not come to an end", () => {
  const NOTICE = message("N", `SNOTICE\0VNOTICE\0C00000\0M${"x".repeat(60_000)}\0\0`);

  test("in the log-in is left after a megabyte", async () => {
    let sent = 0;
    const server = await startFakeServer((socket, _, turn) => {
      const more = () => {
        while (!socket.destroyed && sent < 100_000_000) {
          sent += NOTICE.length;
          if (!socket.write(NOTICE)) return void socket.once("drain", more);
        }
      };
      if (turn === 0) more();
    });
    const told = await outcome(server.url, async () => "logged in");
    server.close();
    assert.match(told, /does not understand: more than 1024 KiB before it was ready/);
    assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
  });

  test("while the password is hashed is left as well", async () => {
    let sent = 0;
    const server = await startFakeServer((socket, said, turn) => {
      const more = () => {
        while (!socket.destroyed && sent < 100_000_000) {
          sent += NOTICE.length;
          if (!socket.write(NOTICE)) return void socket.once("drain", more);
        }
      };
      if (turn === 0) socket.write(SCRAM);
      if (turn !== 1) return;
      socket.write(challenge(said, 1_000_000));
      more();
    });
    const told = await outcome(server.url, async () => "logged in");
    server.close();
    assert.match(told, /more than 1024 KiB before it was ready/);
    assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
  });

  test("may say a lot in a log-in all the same", async () => {
    const notices = Array.from({ length: 10 }, () => NOTICE);
    const server = await startFakeServer((socket, _, turn) => {
      if (turn === 0) socket.write(Buffer.concat([...notices, WELCOME]));
      else socket.end();
    });
    const told = await outcome(server.url, async () => "logged in");
    server.close();
    assert.equal(told, "logged in");
  });
});
