import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";

/*
 * The embedded database is a program for WebAssembly that may load others, and its SQL can make the file of one. Such a
 * library can bring along JavaScript, which Emscripten would hand to eval, outside of the sandbox.
 */

const SPRUNG = "a script of a library ran";

/** A number as WebAssembly writes it (LEB128). */
function number(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function sized(bytes: readonly number[]): number[] {
  return [...number(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return sized([...Buffer.from(value)]);
}

/** A library that can be linked at run time (WebAssembly tool conventions, dylink.0), with a script as EM_JS leaves it. */
function libraryWith(script: string): Buffer {
  const data = [...Buffer.from(`()<::>{},${script}`), 0];
  const section = (id: number, body: readonly number[]) => [id, ...sized(body)];
  const memory = [...text("env"), ...text("memory"), 2, 0, 0];
  const base = [...text("env"), ...text("__memory_base"), 3, 0x7f, 0];
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(0, [...text("dylink.0"), 1, ...sized([...number(data.length), 0, 0, 0])]),
    ...section(2, [2, ...memory, ...base]),
    ...section(6, [1, 0x7f, 0, 0x41, 0, 0x0b]),
    ...section(7, [1, ...text("__em_js__script"), 3, 1]),
    ...section(11, [1, 0, 0x23, 0, 0x0b, ...sized(data)]),
  ]);
}

describe("a library that SQL makes and loads", () => {
  const place = temporaryPlace("library");
  mkdirSync(join(place, "database", "migrations"), { recursive: true });
  const library = libraryWith(`console.error("${SPRUNG}")`).toString("hex");
  writeFileSync(
    join(place, "database", "migrations", "001_library.sql"),
    `SELECT lo_from_bytea(4242, '\\x${library}');\nSELECT lo_export(4242, '/tmp/library.so');\nLOAD '/tmp/library.so';\n`,
  );

  for (const runtime of chosenRuntimes()) {
    test(`runs no script in the embedded database, on ${runtime}`, async () => {
      const command = [...(await programCommand(runtime)), "check"] as const;
      const { status, stdout, stderr } = await run([...command], { directory: place, timeoutMs: 120_000 });
      assert.ok(!`${stdout}${stderr}`.includes(SPRUNG), stderr);
      assert.match(stdout, /could not load library "\/tmp\/library\.so".*scripts of libraries are not run/s);
      assert.notEqual(status, 0);
    });
  }
});
