import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { RunReport, StatusReport } from "../../../src/core/reports/report.ts";
import { startFakeServer } from "../../support/fake-server.ts";
import { startProxy } from "../../support/network-proxy.ts";
import { type ServerWorld, succeeded, type World, within, world } from "../support.ts";

type Command = (here: World) => Promise<StatusReport | RunReport>;

/** What a real server said to one connection: to its start, and to each of its queries. */
type Recording = readonly Buffer[];

const QUERY = 0x51;
const READY_FOR_QUERY = 0x5a;

/** The messages of a stream, whose first may have no type. */
function* messages(stream: Buffer, untyped: boolean): Generator<Buffer> {
  for (let start = 0, first = untyped; start < stream.length; first = false) {
    const end = start + (first ? 0 : 1) + stream.readUInt32BE(first ? start : start + 1);
    yield stream.subarray(start, end);
    start = end;
  }
}

/** What a command's first connection hears from a real server. */
async function record(here: ServerWorld, command: Command): Promise<Recording> {
  const proxy = await startProxy({ port: Number(new URL(here.url).port) });
  const heard: Buffer[] = [];
  proxy.onReceived = (part) => {
    heard.push(part);
    return "pass";
  };
  await command(here.beside({}, { url: `${here.url.replace(/:\d+\//, `:${proxy.port}/`)}?sslmode=disable` }));
  await proxy.close();
  const recording: Buffer[] = [];
  let answer: Buffer[] = [];
  for (const message of messages(Buffer.concat(heard), false)) {
    answer.push(message);
    if (message[0] !== READY_FOR_QUERY) continue;
    recording.push(Buffer.concat(answer));
    answer = [];
  }
  return recording;
}

/** What becomes of a command where its first connection hears this; others are closed. */
async function replay(here: ServerWorld, recording: Recording, command: Command): Promise<unknown> {
  let connections = 0;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const server = await startFakeServer((socket, said, turn) => {
    const rest = recording.slice(1 + asked);
    if (turn === 0 && ++connections > 1) {
      user.abort.abort();
      socket.end();
      return;
    }
    if (turn === 0) socket.write(recording[0] ?? "");
    else {
      const queries = [...messages(said, false)].filter((message) => message[0] === QUERY).length;
      asked += queries;
      socket.write(Buffer.concat(rest.slice(0, queries)));
      if (queries > rest.length) socket.end();
    }
    // A client that waits for the rest of a message is left alone by the server.
    clearTimeout(quiet);
    quiet = setTimeout(() => socket.end(), 150);
  });
  let asked = 0;
  const user = here.beside({}, { url: server.url });
  try {
    return await within(20_000, command(user)).catch((error: unknown) => error);
  } finally {
    clearTimeout(quiet);
    server.close();
  }
}

/** Changes one byte, counted through all answers. */
function changed(recording: Recording, at: number, change: (byte: number) => number): Recording {
  let start = 0;
  return recording.map((answer) => {
    const index = at - start;
    start += answer.length;
    if (index < 0 || index >= answer.length) return answer;
    const copy = Buffer.from(answer);
    copy[index] = change(copy[index] ?? 0) & 0xff;
    return copy;
  });
}

const CHANGES: Readonly<Record<string, (byte: number) => number>> = {
  "its lowest bit turned": (byte) => byte ^ 1,
  "all its bits turned": (byte) => byte ^ 0xff,
  zero: () => 0,
  "a quotation mark": () => 0x22,
};

describe("malformed answers of a server", () => {
  let here: ServerWorld;
  const said: string[] = [];
  before(async () => {
    here = await world({ "001_one.sql": "CREATE TABLE one ();", "002_two.sql": "CREATE TABLE two ();" });
    succeeded(await here.up({ count: 1 }));
    for (const name of ["log", "error", "warn"] as const) {
      console[name] = (...words: unknown[]) => void said.push(words.join(" "));
    }
  });

  /** It came to its end, or failed in words of pgstep's own. */
  function requireOrder(end: unknown, what: string): void {
    const failure = end instanceof Error ? end : (end as RunReport).failure;
    if (failure === undefined) return;
    if (!(failure instanceof Failure)) throw new Error(`${what}: ${failure.stack}`);
    assert.doesNotMatch(
      failure.message,
      /undefined|NaN|Error:|is not a function|Unexpected token|in JSON at|out of range|CONNECTION_/,
      what,
    );
    assert.deepEqual(said, []);
  }

  /** Every byte, or of every `step` bytes one for each change. */
  async function everyByte(command: Command, step: number): Promise<void> {
    const recording = await record(here, command);
    const size = recording.reduce((sum, { length }) => sum + length, 0);
    const trials = Object.entries(CHANGES).flatMap(([name, change], offset) =>
      Array.from({ length: Math.ceil(size / step) }, (_, index) => ({
        what: `byte ${index * step + offset} of ${size} ${name}`,
        mutated: changed(recording, index * step + offset, change),
      })),
    );
    const next = async () => {
      for (let trial = trials.pop(); trial; trial = trials.pop()) {
        requireOrder(await replay(here, trial.mutated, command), trial.what);
      }
    };
    const before = process.memoryUsage().rss;
    await Promise.all(Array.from({ length: 16 }, next));
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 300_000_000, `grown by ${Math.round(grown / 1e6)} MB`);
  }

  test("end status in order, whatever byte of them is another", async () => {
    await everyByte((user) => user.status(), 4);
  });

  test("end up in order, wherever a byte of them is another", async () => {
    await everyByte((user) => user.up(), 40);
  });
});
