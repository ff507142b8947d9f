import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type ArchiveEntry, tarGzip, zip } from "../../build/release/archive.ts";
import { billOfMaterials } from "../../build/release/sbom.ts";
import { temporaryPlace } from "../support/place.ts";

const place = temporaryPlace("archive");

const TIME = Date.UTC(2026, 10, 22, 20, 33, 4) / 1000;
const ENTRIES: readonly ArchiveEntry[] = [
  { name: "top/program", content: Buffer.from("#!/bin/sh\n"), isExecutable: true },
  { name: "top/empty", content: Buffer.alloc(0) },
  { name: "top/large", content: Buffer.alloc(100_000, "0123456789") },
];

describe("an archive", () => {
  for (const [name, pack, list] of [
    ["tar.gz", tarGzip, ["tar", "--utc", "--full-time", "-tvzf"]],
    ["zip", zip, undefined],
  ] as const) {
    test(`.${name} is unpacked by the system's tools, with its modes and times`, async () => {
      const path = join(place, `archive.${name}`);
      writeFileSync(path, await pack(ENTRIES, TIME));
      if (name === "zip") execFileSync("unzip", ["-q", path, "-d", join(place, name)], { env: { TZ: "UTC" } });
      else execFileSync("sh", ["-c", `mkdir "$0" && tar -xzf "$1" -C "$0"`, join(place, name), path]);
      for (const { name: entry, content, isExecutable } of ENTRIES) {
        const unpacked = join(place, name, entry);
        assert.deepEqual(readFileSync(unpacked), content);
        assert.equal(statSync(unpacked).mode & 0o777, isExecutable ? 0o755 : 0o644);
        assert.equal(statSync(unpacked).mtimeMs, TIME * 1000);
      }
      if (list) {
        const [command, ...words] = list;
        assert.match(
          execFileSync(command, [...words, path], { encoding: "utf8" }),
          /root\/root +10 2026-11-22 20:33:04/,
        );
      }
    });

    test(`.${name} does not depend on the order of its parts`, async () => {
      assert.deepEqual(await pack(ENTRIES.toReversed(), TIME), await pack(ENTRIES, TIME));
      assert.notDeepEqual(await pack(ENTRIES, TIME + 2), await pack(ENTRIES, TIME));
    });
  }
});

describe("the bill of materials", () => {
  const part = { name: "cac", version: "7.1.0", license: "MIT", purl: "pkg:npm/cac@7.1.0", sha512: "ab" };
  const subject = { version: "1.0.0", commit: { id: "c0ffee", time: TIME }, components: [part] };

  test("has a serial number that follows from what it says", () => {
    const document = billOfMaterials(subject);
    const { serialNumber } = JSON.parse(document) as { serialNumber: string };
    assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(billOfMaterials(subject), document);
    const other = JSON.parse(billOfMaterials({ ...subject, components: [{ ...part, version: "7.1.1" }] }));
    assert.notEqual(other.serialNumber, serialNumber);
  });

  test("refers to no part that it does not list", () => {
    const document = JSON.parse(billOfMaterials(subject));
    const listed = [document.metadata.component, ...document.components].map((one) => one["bom-ref"]);
    for (const { ref, dependsOn = [] } of document.dependencies) {
      for (const named of [ref, ...dependsOn]) assert.ok(listed.includes(named), named);
    }
  });
});
