import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { challenge, message, SCRAM, startFakeServer, WELCOME } from "../support/fake-server.ts";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, type Outcome, programCommand, run } from "../support/program.ts";

/** What becomes of `pgstep status` where a server answers so. */
type Answer = (socket: Socket, said: Buffer, turn: number) => void;

const ROW = message("D", Buffer.from([0, 1]), 100_000, "x".repeat(100_000));
const COLUMN = message("T", Buffer.from([0, 1]), "row\0", 0, Buffer.alloc(2), 25, Buffer.alloc(8));

/** Sends it again and again until the client has had enough. */
function endlessly(socket: Socket, bytes: Buffer): void {
  const more = () => {
    while (!socket.destroyed) if (!socket.write(bytes)) return void socket.once("drain", more);
  };
  more();
}

for (const runtime of chosenRuntimes()) {
  describe(`a hostile server, on ${runtime}`, () => {
    let command: Awaited<ReturnType<typeof programCommand>>;
    const directory = temporaryPlace("hostile");
    before(async () => {
      command = await programCommand(runtime);
      mkdirSync(join(directory, "database/migrations"), { recursive: true });
      writeFileSync(join(directory, "database/migrations/001_one.sql"), "CREATE TABLE one ();\n");
    });

    /** A program that does not end is killed, and its status is then the name of a signal. */
    async function status(answer: Answer): Promise<Outcome> {
      const server = await startFakeServer(answer);
      const outcome = await run([...command, "status", "--url", server.url], { directory });
      server.close();
      return outcome;
    }

    test("that wants the password hashed for an hour is refused, and the process ends", async () => {
      const { stderr, status: ended } = await status((socket, said, turn) => {
        socket.write(turn === 0 ? SCRAM : challenge(said, 2 ** 31 - 1));
      });
      assert.equal(ended, 2, stderr);
      assert.match(stderr, /asks for 2147483647 hash iterations/);
    });

    test("that sends rows without end is left", async () => {
      const { stderr, status: ended } = await status((socket, _, turn) => {
        if (turn === 0) socket.write(WELCOME);
        if (turn !== 1) return;
        socket.write(COLUMN);
        endlessly(socket, ROW);
      });
      assert.equal(ended, 4, stderr);
      assert.match(stderr, /does not understand: one of more than 256 MB/);
    });

    test("that answers in another language is told of in pgstep's own words", async () => {
      const {
        stderr,
        stdout,
        status: ended,
      } = await status((socket, _, turn) => {
        socket.write(turn === 0 ? WELCOME : Buffer.from("!\0\0\0\x04"));
      });
      assert.equal(ended, 4, stderr);
      assert.match(stderr, /the server sent an answer that pgstep does not understand: a message of type !/);
      assert.doesNotMatch(stderr + stdout, /Postgres\.js|has a bug/);
    });
  });
}
