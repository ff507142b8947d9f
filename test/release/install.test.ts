import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tarGzip } from "../../build/release/archive.ts";
import { digestOf } from "../../build/release/manifest.ts";
import { ROOT } from "../../build/runtimes.ts";
import { type Outcome, run } from "../support/program.ts";

const INSTALL = join(ROOT, "install.sh");
const TARGET = "linux-x64";
const ARCHIVE = `pgstep-${TARGET}.tar.gz`;
const TOOLS = [
  "sh",
  "uname",
  "awk",
  "mktemp",
  "mkdir",
  "rm",
  "mv",
  "chmod",
  "tar",
  "gzip",
  "grep",
  "getconf",
  "sysctl",
];

let place = "";
let server: Server;
let base = "";
/** What the server answers, by path; "broken" breaks off in the middle of its content. */
let files: Readonly<Record<string, { readonly content: Uint8Array; readonly broken?: true }>> = {};
let archive: Uint8Array = Buffer.alloc(0);

before(async () => {
  place = mkdtempSync(join(tmpdir(), "pgstep-install-"));
  archive = await release("#!/bin/sh\necho pgstep 9.9.9\n");
  server = createServer(({ url = "" }, response) => {
    const file = files[url.slice(1)];
    if (!file) return void response.writeHead(404).end();
    response.setHeader("content-length", file.content.length);
    if (!file.broken) return void response.end(file.content);
    response.write(file.content.subarray(0, 20), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(place, { recursive: true, force: true });
});

function release(program: string): Promise<Uint8Array> {
  const entry = { name: `pgstep-${TARGET}/pgstep`, content: Buffer.from(program), isExecutable: true };
  return tarGzip([entry], 0);
}

/** A directory of these programs only. */
function path(name: string, tools: readonly string[]): string {
  const directory = join(place, `path-${name}`);
  mkdirSync(directory, { recursive: true });
  for (const tool of tools) {
    const found = execFileSync("sh", ["-c", `command -v "$0" || true`, tool], { encoding: "utf8" }).trim();
    if (found.startsWith("/") && !existsSync(join(directory, tool))) symlinkSync(found, join(directory, tool));
  }
  return directory;
}

async function install(
  told: {
    readonly shell?: string;
    readonly served?: typeof files;
    readonly environment?: Readonly<Record<string, string>>;
    readonly words?: readonly string[];
  } = {},
): Promise<Outcome & { directory: string }> {
  const sums = Buffer.from(`${digestOf(archive)}  ${ARCHIVE}\n`);
  files = told.served ?? { SHA256SUMS: { content: sums }, [ARCHIVE]: { content: archive } };
  const directory = mkdtempSync(join(place, "to-"));
  const words = told.words ?? ["--to", directory];
  const environment = { PGSTEP_DOWNLOAD_BASE: base, PGSTEP_TARGET: TARGET, ...told.environment };
  return { ...(await run([told.shell ?? "sh", INSTALL, ...words], { directory: place, environment })), directory };
}

/** A failure that leaves nothing, and what was there before as it was. */
function assertRefused({ status, stderr, directory }: Outcome & { directory: string }, reason: RegExp): void {
  assert.match(stderr, reason);
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(directory), []);
}

describe("install.sh", () => {
  for (const shell of ["dash", "bash", "sh"]) {
    test(`installs what it has verified, with ${shell}`, async () => {
      const { status, stdout, stderr, directory } = await install({ shell });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      assert.match(stdout, /^Installed pgstep 9\.9\.9 \(linux-x64\) as .*\nAdd .* to your PATH\.\n$/);
      assert.deepEqual(readdirSync(directory), ["pgstep"]);
      assert.equal(execFileSync(join(directory, "pgstep"), { encoding: "utf8" }), "pgstep 9.9.9\n");
    });
  }

  for (const [tool, digest] of [
    ["curl", "sha256sum"],
    ["wget", "sha256sum"],
    ["curl", "shasum"],
    ["curl", "openssl"],
  ] as const) {
    test(`makes do with ${tool} and ${digest}`, async () => {
      const PATH = path(`${tool}-${digest}`, [...TOOLS, tool, digest, "perl"]);
      const { status, stderr } = await install({ environment: { PATH } });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    });
  }

  test("goes to ~/.local/bin on its own", async () => {
    const home = mkdtempSync(join(place, "home-"));
    assert.equal((await install({ words: [], environment: { HOME: home } })).status, 0);
    assert.deepEqual(readdirSync(join(home, ".local", "bin")), ["pgstep"]);
  });

  test("refuses an archive that is not the one that is listed", async () => {
    const sums = Buffer.from(`${digestOf(archive)}  ${ARCHIVE}\n`);
    const other = await release("#!/bin/sh\necho evil\n");
    const served = { SHA256SUMS: { content: sums }, [ARCHIVE]: { content: other } };
    assertRefused(await install({ served }), /has the checksum [0-9a-f]{64}, and [0-9a-f]{64} is expected/);
  });

  test("refuses what has no checksum, a malformed one, or is not there", async () => {
    const content = { [ARCHIVE]: { content: archive } };
    const listed = (text: string) => ({ ...content, SHA256SUMS: { content: Buffer.from(text) } });
    assertRefused(await install({ served: listed(`${digestOf(archive)}  other.tar.gz\n`) }), /has no checksum of/);
    assertRefused(await install({ served: listed(`abc  ${ARCHIVE}\n`) }), /has no checksum of/);
    assertRefused(await install({ served: content }), /SHA256SUMS cannot be downloaded/);
    const { [ARCHIVE]: _, ...missing } = listed(`${digestOf(archive)}  ${ARCHIVE}\n`);
    assertRefused(await install({ served: missing }), /tar\.gz cannot be downloaded/);
  });

  test("refuses a download that broke off", async () => {
    const sums = Buffer.from(`${digestOf(archive)}  ${ARCHIVE}\n`);
    const served = { SHA256SUMS: { content: sums }, [ARCHIVE]: { content: archive, broken: true as const } };
    assertRefused(await install({ served }), /cannot be downloaded/);
  });

  test("refuses when nothing can verify a checksum, before it downloads", async () => {
    const PATH = path("no-digest", [...TOOLS, "curl"]);
    assertRefused(await install({ environment: { PATH } }), /sha256sum, shasum or openssl is needed/);
  });

  test("refuses plain HTTP, and a version that is none", async () => {
    const far = { PGSTEP_DOWNLOAD_BASE: "http://mirror.example" };
    assertRefused(await install({ environment: far }), /must start with https/);
    assertRefused(await install({ environment: { PGSTEP_VERSION: "1/../.." } }), /is no version/);
  });

  test("leaves what was there when the new one does not run", async () => {
    const broken = await release("#!/bin/sh\nexit 1\n");
    const sums = Buffer.from(`${digestOf(broken)}  ${ARCHIVE}\n`);
    const directory = mkdtempSync(join(place, "kept-"));
    writeFileSync(join(directory, "pgstep"), "before");
    const served = { SHA256SUMS: { content: sums }, [ARCHIVE]: { content: broken } };
    const { status, stderr } = await install({ served, words: [`--to=${directory}`] });
    assert.match(stderr, /does not run here/);
    assert.equal(status, 1);
    assert.deepEqual(readdirSync(directory), ["pgstep"]);
    assert.equal(readFileSync(join(directory, "pgstep"), "utf8"), "before");
  });

  test("does nothing when only a part of it arrived", async () => {
    const whole = readFileSync(INSTALL, "utf8");
    const part = join(place, "part.sh");
    writeFileSync(part, whole.slice(0, whole.lastIndexOf("main")));
    const { status, stdout, stderr } = await run(["sh", part], { directory: place });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  });

  test("says what is wrong with its words", async () => {
    const { status, stderr } = await install({ words: ["--into", "x"] });
    assert.equal(status, 2);
    assert.match(stderr, /there is no option --into\nusage:/);
  });

  const machines: readonly (readonly [name: string, uname: string, libc: string, target: string])[] = [
    ["an ARM server", "Linux aarch64", "glibc 2.36", "linux-arm64"],
    ["Alpine", "Linux x86_64", "", "linux-x64-musl"],
    ["Alpine on ARM", "Linux aarch64", "", "linux-arm64-musl"],
    ["an Intel Mac", "Darwin x86_64", "", "darwin-x64"],
    ["an Apple Mac", "Darwin arm64", "", "darwin-arm64"],
    ["Windows", "MINGW64_NT-10.0 x86_64", "", "windows-x64"],
    ["FreeBSD", "FreeBSD amd64", "", ""],
    ["a RISC-V board", "Linux riscv64", "glibc 2.36", ""],
  ];
  for (const [name, uname, libc, target] of machines) {
    test(`asks for ${target || "nothing"} on ${name}`, async () => {
      const PATH = path(name.replaceAll(" ", "-"), [...TOOLS.slice(2, 11), "sh", "curl", "sha256sum", "unzip"]);
      const [system, machine] = uname.split(" ");
      const pretend = (tool: string, script: string) => {
        writeFileSync(join(PATH, tool), `#!/bin/sh\n${script}\n`);
        chmodSync(join(PATH, tool), 0o755);
      };
      pretend("uname", `[ "$1" = -s ] && echo ${system} || echo ${machine}`);
      pretend("getconf", libc ? `echo ${libc}` : "exit 1");
      pretend("ldd", libc ? "echo GNU libc" : "echo musl libc >&2; exit 1");
      const served = { SHA256SUMS: { content: Buffer.alloc(0) } };
      const outcome = await install({ served, environment: { PATH, PGSTEP_TARGET: "" } });
      const file = `pgstep-${target}.${target.startsWith("windows") ? "zip" : "tar.gz"}`;
      assertRefused(outcome, target ? new RegExp(`has no checksum of ${file}\n`) : /there is no executable for/);
    });
  }
});
