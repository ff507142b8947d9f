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
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tarGzip } from "../../build/release/archive.ts";
import { digestOf } from "../../build/release/manifest.ts";
import { ROOT } from "../../build/runtimes.ts";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryPlace } from "../support/place.ts";
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
  "tail",
];

let place = "";
let server: Server;
let base = "";
/** What the server answers, by path; "broken" breaks off in the middle of its content. */
let files: Readonly<Record<string, { readonly content: Uint8Array; readonly broken?: true; readonly at?: string }>> =
  {};
let archive: Uint8Array = Buffer.alloc(0);

before(async () => {
  place = temporaryPlace("install");
  archive = await release("#!/bin/sh\necho pgstep 9.9.9\n");
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
});

/** Answers a path with its file; one that lies somewhere else with a redirection to there. */
const serve: RequestListener = ({ url = "" }, response) => {
  const file = files[url.slice(1).replace(/^moved\//, "")];
  if (!file) return void response.writeHead(404).end();
  if (file.at && !url.startsWith("/moved/")) return void response.writeHead(302, { location: file.at + url }).end();
  response.setHeader("content-length", file.content.length);
  if (!file.broken) return void response.end(file.content);
  response.write(file.content.subarray(0, 20), () => response.destroy());
};

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

/** Puts a script in the place of a program. */
function pretend(directory: string, tool: string, script: string): void {
  rmSync(join(directory, tool), { force: true });
  writeFileSync(join(directory, tool), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, tool), 0o755);
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

  test("refuses plain HTTP to a host that only looks like this machine", async () => {
    for (const mirror of [
      "http://localhost:x@mirror.example",
      "http://127.0.0.1:80@mirror.example/",
      "http://localhost.mirror.example",
      "http://localhost:80:80",
      "http://localhost:",
    ]) {
      assertRefused(await install({ environment: { PGSTEP_DOWNLOAD_BASE: mirror } }), /must start with https/);
    }
  });

  for (const tool of ["curl", "wget"] as const) {
    test(`refuses a redirection to plain HTTP, with ${tool}`, async () => {
      const authority = makeCertificate({ name: "test authority" });
      const { certificate, key } = makeCertificate({ name: "localhost", issuer: authority, hosts: ["127.0.0.1"] });
      const secure = createTlsServer({ cert: certificate, key }, serve);
      await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
      const trusted = join(place, "authority.pem");
      writeFileSync(trusted, authority.certificate);
      const PATH = path(`redirected-${tool}`, [...TOOLS, tool, "sha256sum"]);
      const real = execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim();
      // Only the trust is added; curl must be asked first to ignore the settings of the user's.
      if (tool === "wget") pretend(PATH, tool, `exec ${real} --ca-certificate=${trusted} "$@"`);
      const environment = {
        PATH,
        CURL_CA_BUNDLE: trusted,
        PGSTEP_DOWNLOAD_BASE: `https://127.0.0.1:${(secure.address() as AddressInfo).port}`,
      };
      const moved = (at?: string) => {
        const sums = Buffer.from(`${digestOf(archive)}  ${ARCHIVE}\n`);
        return { SHA256SUMS: { content: sums }, [ARCHIVE]: { content: archive, ...(at && { at }) } };
      };
      try {
        const toHttps = moved(`${environment.PGSTEP_DOWNLOAD_BASE}/moved`);
        assert.equal((await install({ served: toHttps, environment })).status, 0);
        assertRefused(
          await install({ served: moved(`${base}/moved`), environment }),
          /cannot be downloaded|to plain HTTP/,
        );
        // Plain HTTP on this machine may be named, and leads nowhere else.
        assertRefused(
          await install({ served: moved(`${base}/moved`), environment: { PATH } }),
          /cannot be downloaded|to plain HTTP/,
        );
      } finally {
        secure.close();
      }
    });
  }

  test("takes no settings of the user's for the download", async () => {
    const home = mkdtempSync(join(place, "home-"));
    writeFileSync(join(home, ".curlrc"), "output = stolen\nurl = file:///etc/passwd\n");
    writeFileSync(join(home, ".wgetrc"), "no_such_setting = on\n");
    for (const tool of ["curl", "wget"]) {
      const PATH = path(`settings-${tool}`, [...TOOLS, tool, "sha256sum"]);
      const { status, stderr } = await install({ environment: { PATH, HOME: home } });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    }
  });

  describe("with an attestation", () => {
    const withGh = (name: string, script: string, verify?: string) => {
      const PATH = path(`gh-${name}`, [...TOOLS, "curl", "sha256sum"]);
      pretend(PATH, "gh", script);
      return install({ environment: { PATH, GH_HOST: "evil.example", ...(verify && { PGSTEP_VERIFY: verify }) } });
    };
    const confirms = `[ -z "\${GH_HOST:-}" ] || exit 9
case $* in "attestation verify "*"/${ARCHIVE} --repo pgstep/pgstep --format json") ;; *) exit 8 ;; esac
echo '[{"attestation":{},"verificationResult":{}}]'`;
    const silent = "echo 'error connecting to api.github.com' >&2; exit 1";

    test("says who built it, where gh confirms it", async () => {
      for (const verify of ["", "attestation"]) {
        const { status, stdout, stderr } = await withGh("confirms", confirms, verify);
        assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
        assert.match(stdout, /^Verified that pgstep-linux-x64\.tar\.gz was built by pgstep\/pgstep\nInstalled/);
      }
    });

    test("lets the checksum decide where gh cannot answer, and says so in one line", async () => {
      const { status, stdout, stderr } = await withGh("silent", silent);
      assert.equal(status, 0);
      assert.match(stdout, /^Installed/);
      assert.equal(
        stderr,
        `gh cannot verify the attestation of ${ARCHIVE} (error connecting to api.github.com); its checksum was verified.\n`,
      );
    });

    test("installs nothing without an answer where an attestation is a must", async () => {
      assertRefused(
        await withGh("must", silent, "attestation"),
        /gh cannot verify the attestation of .*api\.github\.com/,
      );
      // Versions of gh before 2.67 end with 0 where there is no attestation.
      assertRefused(
        await withGh("none", "exit 0", "attestation"),
        /gh cannot verify the attestation of .*: there is none/,
      );
      const environment = { PATH: path("no-gh", [...TOOLS, "curl", "sha256sum"]), PGSTEP_VERIFY: "attestation" };
      assertRefused(await install({ environment }), /needs gh, the GitHub CLI/);
    });

    test("installs nothing that another built", async () => {
      const refuses = "echo 'Error: verifying with issuer \"sigstore.dev\": verification failed' >&2; exit 1";
      assertRefused(
        await withGh("refuses", refuses),
        /the attestation of .* is not that of pgstep\/pgstep: Error: verifying/,
      );
    });

    test("does not ask where only the checksum is wanted, and refuses another word", async () => {
      const { status, stderr } = await withGh("unasked", "exit 7", "checksum");
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      assertRefused(await install({ environment: { PGSTEP_VERIFY: "yes" } }), /attestation or checksum, not yes/);
    });
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
      pretend(PATH, "uname", `[ "$1" = -s ] && echo ${system} || echo ${machine}`);
      pretend(PATH, "getconf", libc ? `echo ${libc}` : "exit 1");
      pretend(PATH, "ldd", libc ? "echo GNU libc" : "echo musl libc >&2; exit 1");
      const served = { SHA256SUMS: { content: Buffer.alloc(0) } };
      const outcome = await install({ served, environment: { PATH, PGSTEP_TARGET: "" } });
      const file = `pgstep-${target}.${target.startsWith("windows") ? "zip" : "tar.gz"}`;
      assertRefused(outcome, target ? new RegExp(`has no checksum of ${file}\n`) : /there is no executable for/);
    });
  }
});
