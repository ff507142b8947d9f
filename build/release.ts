import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundle } from "./bundle.ts";
import { compileExecutable } from "./compile.ts";
import { type ArchiveEntry, tarGzip, zip } from "./release/archive.ts";
import { bunRuntime, bunVersion } from "./release/bun-runtime.ts";
import { currentCommit } from "./release/commit.ts";
import { components, executableLicenses } from "./release/components.ts";
import { digestOf, type Manifest, type ReleasedFile } from "./release/manifest.ts";
import { packPackage } from "./release/package.ts";
import { billOfMaterials } from "./release/sbom.ts";
import { ROOT } from "./runtimes.ts";
import { executableName, TARGETS, type Target, targetsNamed } from "./targets.ts";

/*
 * `npm run release:build [target...]`: everything that users download, into dist/release. The same commit gives the
 * same bytes: no clock time, directory name or directory order gets into a file.
 */

const RELEASE = join(ROOT, "dist", "release");
/** Always the same path relative to the checkout, in case a tool records it. */
const STAGING = join(ROOT, "dist", "staging");

const names = process.argv.slice(2);
const targets = names.length === 0 ? TARGETS : targetsNamed(names);
const commit = currentCommit();
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
// Other dates derive from this one.
process.env.SOURCE_DATE_EPOCH = String(commit.time);

const released: ReleasedFile[] = [];
const next = `${RELEASE}.next`;
for (const directory of [STAGING, next]) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
}
const packages = await bundle(join(STAGING, "dist"), commit.id);
add(packPackage(join(STAGING, "package"), join(STAGING, "dist"), next), { kind: "npm package" });
const licenses = executableLicenses(readFileSync(join(STAGING, "dist", "licenses.txt"), "utf8"));
for (const target of targets) await addExecutable(target);
write("sbom.cdx.json", billOfMaterials({ version, commit, components: components(packages) }), "sbom");
cpSync(join(ROOT, "install.sh"), join(next, "install.sh"));
add("install.sh", { kind: "installer" });
const built: Manifest = {
  format: 1,
  name: "pgstep",
  version,
  commit: commit.id,
  commitTime: new Date(commit.time * 1000).toISOString(),
  // The bytes of the archives depend on zlib, those of the executables on Bun.
  builtWith: { node: process.versions.node, zlib: process.versions.zlib, bun: bunVersion() },
  files: released.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
};
writeFileSync(join(next, "manifest.json"), `${JSON.stringify(built, null, 2)}\n`);
const sums = readdirSync(next)
  .sort()
  .map((name) => `${digestOf(readFileSync(join(next, name)))}  ${name}\n`);
writeFileSync(join(next, "SHA256SUMS"), sums.join(""));
rmSync(STAGING, { recursive: true, force: true });
rmSync(RELEASE, { recursive: true, force: true });
renameSync(next, RELEASE);
console.log(sums.join("").trimEnd());

async function addExecutable(target: Target): Promise<void> {
  const directory = `pgstep-${target.name}`;
  const output = join(STAGING, directory, executableName(target.name));
  mkdirSync(dirname(output));
  const runtime = await bunRuntime(target);
  await compileExecutable({
    directory: join(STAGING, "dist"),
    name: target.name,
    foreign: { target, runtime },
    output,
  });
  const program = readFileSync(output);
  rmSync(output);
  const entries: ArchiveEntry[] = [
    { name: executableName(target.name), content: program, isExecutable: true },
    { name: "LICENSE", content: readFileSync(join(ROOT, "LICENSE")) },
    { name: "README.md", content: readFileSync(join(ROOT, "README.md")) },
    { name: "licenses.txt", content: Buffer.from(licenses) },
  ].map((entry) => ({ ...entry, name: `${directory}/${entry.name}` }));
  const isWindows = target.name.startsWith("windows");
  const archive = `${directory}.${isWindows ? "zip" : "tar.gz"}`;
  writeFileSync(join(next, archive), await (isWindows ? zip : tarGzip)(entries, commit.time));
  add(archive, {
    kind: "executable",
    target: target.name,
    executable: {
      path: `${directory}/${executableName(target.name)}`,
      size: program.length,
      sha256: digestOf(program),
    },
  });
}

function write(name: string, text: string, kind: ReleasedFile["kind"]): void {
  writeFileSync(join(next, name), text);
  add(name, { kind });
}

function add(name: string, told: Omit<ReleasedFile, "name" | "size" | "sha256">): void {
  const content = readFileSync(join(next, name));
  released.push({ name, ...told, size: content.length, sha256: digestOf(content) });
}
