import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import { outcome } from "../support/tls-world.ts";

/** A message of a server. */
function message(type: string, ...parts: readonly (string | number | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part !== "number") return Buffer.from(part);
      const word = Buffer.alloc(4);
      word.writeUInt32BE(part);
      return word;
    }),
  );
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const ACCEPTED = message("R", 0);
const CLEAR_TEXT = message("R", 3);
const SCRAM = message("R", 10, "SCRAM-SHA-256\0\0");
const SCRAM_BOUND = message("R", 10, "SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");

/** What becomes of a log-in where each thing the client says is answered by the next of `answers`; and what it said. */
async function against(answers: readonly Buffer[], query = ""): Promise<{ message: string; said: string }> {
  const sockets: Socket[] = [];
  let said = "";
  const listener = createServer((socket) => {
    sockets.push(socket);
    let answered = 0;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      said += bytes.toString("latin1");
      const answer = answers[answered++];
      if (answer) socket.write(answer);
      else socket.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  assert.ok(address && typeof address === "object");
  const url = `postgres://me:topsecret@127.0.0.1:${address.port}/d?sslmode=disable&connect_timeout=5${query}`;
  const told = await outcome(url, async () => "logged in");
  for (const socket of sockets) socket.destroy();
  listener.close();
  return { message: told, said };
}

describe("a server that cheats", () => {
  const cases: Record<string, { answers: Buffer[]; query?: string; expected: RegExp }> = {
    "skips its own proof": { answers: [SCRAM, ACCEPTED], expected: /did not prove that it knows the password/ },
    "asks again, for clear text": {
      answers: [SCRAM, CLEAR_TEXT],
      query: "&require_auth=password,scram-sha-256",
      expected: /asks to authenticate twice/,
    },
    "asks for clear text only": { answers: [CLEAR_TEXT], expected: /in clear text/ },
    "offers a binding without TLS": { answers: [SCRAM_BOUND], expected: /believes the connection to be encrypted/ },
    "lets everybody in": { answers: [ACCEPTED], query: "&require_auth=scram-sha-256", expected: /no authentication/ },
    "challenges out of turn": { answers: [message("R", 11, "r=x,s=AA==,i=1")], expected: /out of turn/ },
    "ends out of turn": { answers: [message("R", 12, "v=AA==")], expected: /out of turn/ },
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
