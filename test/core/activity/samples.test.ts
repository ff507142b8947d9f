import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Samples } from "../../../src/core/activity/samples.ts";
import type { Finding } from "../../../src/core/failure/failure.ts";

const blocks = (severity: Finding["severity"], message: string): Finding => ({
  rule: "session-blocks",
  severity,
  message,
});
const messagesOf = (samples: Samples) => samples.findings.map(({ severity, message }) => `${severity}: ${message}`);

describe("samples", () => {
  test("have no counts if there is only one", () => {
    const samples = new Samples();
    samples.add([{ key: "7", finding: blocks("note", "process 7") }]);
    assert.deepEqual(messagesOf(samples), ["note: process 7"]);
  });

  test("keep the newest of the worst findings, and begin with the worst and the most frequent", () => {
    const samples = new Samples();
    const seven = (severity: Finding["severity"], age: string) => ({
      key: "7",
      finding: blocks(severity, `process 7 for ${age}`),
    });
    const eight = { key: "8", finding: blocks("warning", "process 8") };
    samples.add([seven("note", "58 s")]);
    samples.add([seven("warning", "60 s"), eight]);
    const nine = { key: "9", finding: blocks("note", "process 9") };
    samples.add([seven("warning", "61 s"), nine]);
    samples.add([seven("note", "1 s"), nine]);
    assert.deepEqual(messagesOf(samples), [
      "warning: process 7 for 61 s (seen in 4 of 4 samples)",
      "warning: process 8 (seen in 1 of 4 samples)",
      "note: process 9 (seen in 2 of 4 samples)",
    ]);
  });

  test("list ten of a rule, and count the others by the worst of them", () => {
    const samples = new Samples();
    const many = Array.from({ length: 25 }, (_, pid) => ({
      key: `${pid}`,
      finding: blocks(pid < 11 ? "warning" : "note", `process ${pid}`),
    }));
    samples.add(many);
    const messages = messagesOf(samples);
    assert.equal(messages.length, 11);
    assert.equal(messages.at(-1), "warning: 15 more of the kind session-blocks are not listed");
  });

  test("of a long watch stay few", () => {
    const samples = new Samples();
    samples.add(Array.from({ length: 5_000 }, (_, pid) => ({ key: `${pid}`, finding: blocks("note", "a process") })));
    assert.equal(messagesOf(samples).at(-1), "note: 990 more of the kind session-blocks are not listed");
  });
});
