import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MESSAGE, MessageScanner, readServerMessage } from "../../../src/adapters/session/backend-messages.ts";

const message = (type: number, body: Uint8Array) => {
  const header = Buffer.alloc(5);
  header[0] = type;
  header.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([header, body]);
};

describe("message scanner", () => {
  test("sees the same messages wherever the stream is cut, and drops only what it is told to", () => {
    const types = fc.constantFrom(MESSAGE.dataRow, MESSAGE.noticeResponse, MESSAGE.readyForQuery, MESSAGE.copyData);
    const messages = fc.array(fc.tuple(types, fc.uint8Array({ maxLength: 40 })), { maxLength: 12 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(30)), (list, cuts) => {
        const stream = Buffer.concat(list.map(([type, body]) => message(type, body)));
        const seen: [number, string][] = [];
        const forwarded: Buffer[] = [];
        const scanner = new MessageScanner({
          wantsBody: (type) => type === MESSAGE.noticeResponse,
          visit: (type, body) => {
            seen.push([type, body.toString("hex")]);
            return type !== MESSAGE.copyData;
          },
          forward: (bytes) => void forwarded.push(Buffer.from(bytes)),
        });
        let start = 0;
        for (const cut of [...cuts, stream.length]) {
          scanner.push(stream.subarray(start, start + cut));
          start = Math.min(start + cut, stream.length);
        }
        assert.deepEqual(
          seen,
          list.map(([type, body]) => [type, type === MESSAGE.noticeResponse ? Buffer.from(body).toString("hex") : ""]),
        );
        const kept = list.filter(([type]) => type !== MESSAGE.copyData).map(([type, body]) => message(type, body));
        assert.deepEqual(Buffer.concat(forwarded), Buffer.concat(kept));
      }),
      { numRuns: 2_000 },
    );
  });

  test("puts a message of many chunks together in time linear to its length", { timeout: 20_000 }, () => {
    let seen = 0;
    const scanner = new MessageScanner({
      wantsBody: () => true,
      visit: (_, body) => {
        seen = body.length;
        return false;
      },
      forward: () => {},
    });
    // Copied with each chunk it would be 2 TB.
    const stream = message(MESSAGE.noticeResponse, Buffer.alloc(64 << 20));
    for (let start = 0; start < stream.length; start += 1_000) scanner.push(stream.subarray(start, start + 1_000));
    assert.equal(seen, 64 << 20);
  });

  test("the server's fields get their names", () => {
    const body = Buffer.from("SFEHLER\0VERROR\0C42601\0Mwrong\0P7\0q\0Wline 1\nline 2\0Fscan.l\0\0");
    assert.deepEqual(readServerMessage(body), {
      severity: "ERROR",
      code: "42601",
      message: "wrong",
      where: "line 1\nline 2",
      position: 7,
      internalQuery: "",
    });
  });
});
