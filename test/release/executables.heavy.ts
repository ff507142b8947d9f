import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { digestOf } from "../../build/release/manifest.ts";
import { TARGETS } from "../../build/targets.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type BareRoot, bareRoot, type Libraries, librariesHere, librariesIn } from "./support/bare-root.ts";
import { adHocSignature, formatOf } from "./support/executable-format.ts";
import { RELEASE, readManifest, unpackExecutable } from "./support/released.ts";

const place = temporaryPlace("executables");
const manifest = readManifest();
const roots: BareRoot[] = [];
let server: PostgresServer;

before(async () => {
  server = await startPostgres({ major: 18 });
});
after(async () => {
  await server.stop("immediate");
  for (const path of [place, ...roots.map((root) => root.path)]) rmSync(path, { recursive: true, force: true });
});

const KINDS = { linux: "ELF", darwin: "Mach-O", windows: "PE" } as const;
const MEGABYTE = 1024 * 1024;

describe("every file of the release", () => {
  test("has the digest and the size that are told of it", () => {
    const sums = readFileSync(join(RELEASE, "SHA256SUMS"), "utf8").trimEnd().split("\n");
    assert.equal(sums.length, manifest.files.length + 1);
    for (const line of sums) {
      const [expected, name = ""] = line.split("  ");
      const content = readFileSync(join(RELEASE, name));
      assert.equal(digestOf(content), expected, name);
      const told = manifest.files.find((file) => file.name === name);
      if (told) assert.deepEqual([told.sha256, told.size], [expected, content.length], name);
      else assert.equal(name, "manifest.json");
    }
  });

  test("is there for every target", () => {
    const told = manifest.files.flatMap(({ target }) => target ?? []);
    assert.deepEqual(told.toSorted(), TARGETS.map(({ name }) => name).toSorted());
  });
});

for (const { name } of TARGETS) {
  describe(`the executable for ${name}`, () => {
    const [system = "linux", processor, variant] = name.split("-");
    let executable = "";
    let content: Buffer = Buffer.alloc(0);
    before(() => {
      executable = unpackExecutable(name, place);
      content = readFileSync(executable);
    });
    after(() => rmSync(executable, { force: true }));

    test("is of that system and processor, of its size, and knows what it is", () => {
      const format = formatOf(content);
      assert.deepEqual([format.kind, format.processor], [KINDS[system as keyof typeof KINDS], processor]);
      if (format.kind === "ELF") assert.match(format.loader ?? "", variant === "musl" ? /ld-musl/ : /ld-linux/);
      if (format.kind === "Mach-O") assert.equal(adHocSignature(content), true);
      assert.ok(content.length > 90 * MEGABYTE && content.length < 150 * MEGABYTE, `${content.length} bytes`);
      const told = manifest.files.find(({ target }) => target === name)?.executable;
      assert.equal(digestOf(content), told?.sha256);
      for (const text of [manifest.commit, name]) assert.ok(content.includes(text), text);
    });

    const emulator = emulatorFor(name);
    test("migrates a server and an embedded database, alone in an empty root", skipped(name, emulator), async () => {
      const libraries = librariesFor(name, executable);
      assert.ok(libraries);
      const preloaded = variant === "musl" ? libraries.at(-1)?.[1] : undefined;
      const root = bareRoot(executable, libraries, { emulator, preloaded });
      roots.push(root);
      await runs(root, name);
    });
  });
}

test(
  "the executable for linux-x64 runs on a processor without AVX",
  skipped("linux-x64", "/usr/bin/qemu-x86_64-static"),
  () => {
    const executable = unpackExecutable("linux-x64", place);
    const said = execFileSync("qemu-x86_64-static", ["-cpu", "Nehalem", executable, "--version"], { encoding: "utf8" });
    assert.equal(said, `pgstep ${manifest.version}\n`);
  },
);

async function runs(root: BareRoot, target: string): Promise<void> {
  const version = await root.run(["--version", "--json"]);
  const { type, format, runtime, ...told } = JSON.parse(version.stdout || "{}");
  assert.equal(version.stderr, "");
  assert.deepEqual(told, { version: manifest.version, commit: manifest.commit, target });
  assert.equal(runtime, `bun ${manifest.builtWith.bun}`);

  const { url } = await server.createDatabase();
  const words = ["--dir", "/app/database/migrations"];
  for (const DATABASE_URL of [url, "pglite:/app/data"]) {
    const up = await root.run(["up", ...words], { DATABASE_URL });
    assert.equal(up.status, 0, `${DATABASE_URL}: ${up.stderr}`);
    assert.match(up.stdout, /Applied 2 migrations/);
    assert.equal((await root.run(["status", "--exit-code", ...words], { DATABASE_URL })).status, 0);
  }
  // The .env and the bunfig.toml in the working directory are nobody's business.
  const unnamed = await root.run(["status", ...words]);
  assert.equal(unnamed.status, 2);
  assert.match(unnamed.stderr, /no URL is given/);
}

function emulatorFor(target: string): string | undefined {
  if (!target.startsWith(`linux-${process.arch}`) && target.includes("arm64")) return "/usr/bin/qemu-aarch64-static";
  return undefined;
}

/** Where it cannot run, the reason. */
function skipped(target: string, emulator: string | undefined): { skip: string | false } {
  const reason = () => {
    if (process.platform !== "linux" || process.arch !== "x64") return "made for tests on Linux x64";
    if (!target.startsWith("linux-")) return "no such system here: it runs in the release workflow";
    if (process.getuid?.() !== 0) return "only root may chroot";
    if (emulator && !existsSync(emulator)) return `${emulator} is not installed`;
    return librariesFor(target, undefined) ? false : "its loader or libraries are not installed";
  };
  return { skip: reason() };
}

function librariesFor(target: string, executable: string | undefined): Libraries | undefined {
  switch (target) {
    case "linux-x64":
    case "linux-x64-baseline":
      return executable === undefined ? [] : librariesHere(executable);
    case "linux-x64-musl":
      return muslLibraries("x86_64", "cc", "/usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2");
    case "linux-arm64-musl": {
      const directory = "/usr/aarch64-linux-gnu/lib";
      return muslLibraries("aarch64", "aarch64-linux-gnu-gcc", directory, "ld-linux-aarch64.so.1");
    }
    case "linux-arm64": {
      const names = ["ld-linux-aarch64.so.1", "libc.so.6", "libpthread.so.0", "libdl.so.2", "libm.so.6"];
      return librariesIn("/usr/aarch64-linux-gnu/lib", names);
    }
    default:
      return undefined;
  }
}

/** musl from Debian's package, with the libstdc++ of its glibc made to fit. */
function muslLibraries(
  processor: string,
  compiler: string,
  directory: string,
  glibcLoader: string,
): Libraries | undefined {
  const loader = `/lib/${processor}-linux-musl/libc.so`;
  const library = (name: string) => join(directory, name);
  const needed = [loader, library("libstdc++.so.6"), library("libgcc_s.so.1")];
  if (!needed.every((path) => existsSync(path))) return undefined;
  const shim = join(place, glibcLoader);
  try {
    const source = join(import.meta.dirname, "support", "musl-shim.c");
    execFileSync(compiler, ["-shared", "-fPIC", "-nostdlib", "-o", shim, source]);
  } catch {
    return undefined;
  }
  return [
    [loader, `lib/ld-musl-${processor}.so.1`],
    [loader, `lib/libc.musl-${processor}.so.1`],
    [library("libstdc++.so.6"), "usr/lib/libstdc++.so.6"],
    [library("libgcc_s.so.1"), "usr/lib/libgcc_s.so.1"],
    [shim, `lib/${glibcLoader}`],
  ];
}
