import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { statusHistory } from "../../../src/core/bundle/read-status-report.ts";
import { manifestOf, openSeal, SEAL_MARK, sealText } from "../../../src/core/bundle/seal.ts";
import { readSealEnd, SEAL_END_BYTES } from "../../../src/core/bundle/seal-end.ts";
import { disagreements, type Pin, requirePinned } from "../../../src/core/migrations/history-pin.ts";

describe("a pinned history", () => {
  const pin: Pin = {
    history: [
      { version: "001", checksum: "a" },
      { version: "002", checksum: null },
    ],
    sealed: [
      { version: "1", checksum: "a" },
      { version: "2", checksum: "b" },
      { version: "3", checksum: "c" },
    ],
  };
  const messages = (history: Pin["history"]) => disagreements(pin, history).map(({ message }) => message);

  test("agrees before, during and after what is sealed was applied, however versions are spelled", () => {
    assert.deepEqual(messages(pin.history), []);
    assert.deepEqual(
      messages([
        { version: "1", checksum: null },
        { version: "2", checksum: "z" },
      ]),
      [],
    );
    assert.deepEqual(messages([...pin.history, { version: "003", checksum: "c" }]), []);
  });

  test("disagrees with what is gone, unknown or of another text", () => {
    assert.deepEqual(messages([{ version: "002", checksum: null }]), [
      "001 is not applied, but it was when this bundle was built",
    ]);
    assert.deepEqual(messages([...pin.history, { version: "9", checksum: "c" }]), [
      "9 is applied, but unknown to this bundle",
    ]);
    for (const other of [
      { version: "3", checksum: "z" },
      { version: "1", checksum: "z" },
    ]) {
      const rest = pin.history.filter(({ version }) => Number(version) !== Number(other.version));
      assert.deepEqual(messages([...rest, other]), [
        `${other.version} was applied from a different text than this bundle expects`,
      ]);
    }
    assert.throws(() => requirePinned(pin, []), { code: "history-conflict" });
    assert.doesNotThrow(() => requirePinned(undefined, []));
  });
});

describe("a seal", () => {
  const seal = {
    label: "é\u2028",
    settings: { dir: "m" },
    roots: ["m"],
    files: [{ path: "m/001_ü.sql", content: Buffer.from("SELECT 1;").toString("base64") }],
    pin: null,
  };

  test("is one line of ASCII that a script can end with, and comes back as it was", () => {
    const text = sealText(seal);
    assert.match(text, /^\n\/\/[\x20-\x7e]+\n$/);
    const end = readSealEnd(Buffer.from(text).subarray(-SEAL_END_BYTES));
    assert.ok(end);
    const json = text.slice(SEAL_MARK.length, -SEAL_END_BYTES);
    assert.equal(json.length, end.length);
    assert.deepEqual(openSeal(json, end), seal);
    assert.equal(openSeal(json.replace('"m"', '"n"'), end), undefined);
    assert.equal(readSealEnd(Buffer.from("console.log(1);\n")), undefined);
  });

  test("does not depend on the order of its fields", () => {
    const { label, ...rest } = seal;
    assert.equal(sealText({ ...rest, label }), sealText(seal));
  });

  test("shows what it holds", () => {
    const { files, label } = JSON.parse(manifestOf(seal, "1"));
    assert.equal(label, seal.label);
    assert.deepEqual(files, [
      {
        path: "m/001_ü.sql",
        size: 9,
        sha256: "17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a",
      },
    ]);
  });
});

test("the history is read from the output of status", () => {
  const entry = (version: string, appliedAt: string | null) => ({ version, appliedAt, appliedChecksum: null });
  const status = { type: "status", migrations: [entry("1", "2026"), entry("2", null)] };
  assert.deepEqual(statusHistory(`{"type":"warning"}\n${JSON.stringify(status)}\n`, "f"), [
    { version: "1", checksum: null },
  ]);
  for (const text of ["", "x", "null", '{"type":"run"}', '{"type":"status"}']) {
    assert.throws(() => statusHistory(text, "f"), { code: "settings" });
  }
});
