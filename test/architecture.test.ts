import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../build/runtimes.ts";

/** What each layer of src/ may import, itself apart. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ["core"],
  engine: ["ports", "core"],
  commands: ["engine", "ports", "core"],
  adapters: ["ports", "core"],
  "command-line.ts": ["commands", "core"],
  "assembly.ts": ["adapters", "engine", "ports", "core"],
  "command-environment.ts": ["assembly.ts", "commands", "adapters", "engine", "ports", "core"],
  "program.ts": ["command-environment.ts", "command-line.ts", "commands", "adapters", "engine", "ports", "core"],
  "main.ts": ["program.ts", "adapters"],
  "start.ts": ["main.ts", "adapters"],
  "index.ts": ["assembly.ts", "adapters", "engine", "ports", "core"],
  utils: ["index.ts"],
};

const SESSION =
  /^(wire|answer-rules|answer-watch|backend-messages|growing-bytes|reported-state|copy-data|driver-socket|outgoing-messages|replies|listener-reply|postgres-session|open-session)\.ts$/;

/**
 * Several files that make one adapter, and the other adapters it is built from. Any other adapter is one file, or one
 * directory, and imports none of the others.
 */
const ADAPTERS: readonly { readonly files: RegExp; readonly from?: RegExp }[] = [
  // A session of the driver over any pair of streams.
  { files: SESSION },
  // A server that is reached over a socket.
  {
    files:
      /^(postgres-database|driver-database|dial|tls(-settings|-files)?|login(-messages|-reader)?|authentication|resumed-wire|server-role|cancel-request|(connection|network|startup)-failure)\.ts$/,
    from: SESSION,
  },
  // The steps to a server, one by one.
  { files: /^probe(-certificate)?\.ts$/, from: /^(dial|tls|tls-settings|connection-failure)\.ts$/ },
  // The embedded database.
  { files: /^(pglite-.*|embedded-lock)\.ts$/, from: SESSION },
  // What the machine says of where the database is.
  { files: /^(resolve-target|connection-files)\.ts$/ },
  // Files of settings.
  { files: /^(setting-files|project-file-search|project-confines|directory-facts)\.ts$/, from: /^file-owner\.ts$/ },
  { files: /^backup-store\.ts$/, from: /^file-owner\.ts$/ },
  // Files of the user's that nobody named.
  { files: /^connection-files\.ts$/, from: /^home-directory\.ts$/ },
  { files: /^tls-files\.ts$/, from: /^home-directory\.ts$/ },
  // What replaces files of the user's or of its own.
  { files: /^(disk|sealed-program|embedded-lock)\.ts$/, from: /^replace-file\.ts$/ },
  // Which of the two.
  { files: /^open-database\.ts$/, from: /^(postgres|pglite)-database\.ts$/ },
  { files: /^(.*-reporter|reporter-.*)\.ts$/ },
];

/** Packages, and the only places in src/ that may know them. */
const SOLE_IMPORTERS: Readonly<Record<string, RegExp>> = {
  cac: /^command-line\.ts$/,
  postgres: /^adapters\//,
  picocolors: /^adapters\//,
  "@electric-sql/pglite": /^adapters\//,
};

/** Files that may be longer than the rest, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};
const LONGEST = 300;

interface Source {
  /** Below src/, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources = filesBelow("src")
  .filter((path) => path.endsWith(".ts"))
  .map((path): Source => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const specifiers = text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|import\.meta\.resolve\(\s*)"([^"\n]+)"/g);
    return { path: path.slice("src/".length), text, imports: [...specifiers].map(([, specifier = ""]) => specifier) };
  });

/** Files of one command each; what else lies beside them is what they are made of. */
const commands = sources.find(({ path }) => path === "commands/index.ts")?.imports ?? [];

describe("architecture", () => {
  test("imports go only where the layers allow", () => {
    const faults = sources.flatMap(({ path, imports }) => {
      const layer = layerOf(path);
      const allowed = LAYERS[layer];
      if (!allowed) return [`${path}: no such layer`];
      return imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => posix.join(posix.dirname(path), specifier))
        .filter((target) => layerOf(target) !== layer && !allowed.includes(layerOf(target)))
        .map((target) => `${path} imports ${target}`);
    });
    assert.deepEqual(faults, []);
  });

  test("adapters and commands keep to themselves", () => {
    const faults = sources.flatMap(({ path, imports }) => {
      const [layer, part = ""] = path.split("/");
      if ((layer !== "adapters" && layer !== "commands") || path === "commands/index.ts") return [];
      return imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => posix.join(posix.dirname(path), specifier).split("/"))
        .filter(([targetLayer, target = ""]) => targetLayer === layer && target !== part)
        .filter(([, target = ""]) =>
          layer === "commands" ? commands.includes(`./${target}`) : !mayImport(part, target),
        )
        .map((target) => `${path} imports ${target.join("/")}`);
    });
    assert.deepEqual(faults, []);
  });

  test("core is pure: no package, no module of the runtime but node:crypto", () => {
    const faults = sources
      .filter(({ path }) => layerOf(path) === "core")
      .flatMap(({ path, text, imports }) => [
        ...imports.filter((name) => !name.startsWith(".") && name !== "node:crypto").map((name) => `${path}: ${name}`),
        ...[...withoutComments(text).matchAll(/\b(process\.|Date\.now|new Date\(\)|Math\.random|performance\.)/g)].map(
          ([found]) => `${path}: ${found}`,
        ),
      ]);
    assert.deepEqual(faults, []);
  });

  test("each package has its sole importers, and modules of the runtime their node: prefix", () => {
    const faults = sources.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
        .filter((name) => !SOLE_IMPORTERS[name.split("/", name.startsWith("@") ? 2 : 1).join("/")]?.test(path))
        .map((name) => `${path} imports ${name}`),
    );
    assert.deepEqual(faults, []);
  });

  test("only main ends the process, and only reporters speak", () => {
    const faults = sources.flatMap(({ path, text }) => {
      const code = withoutComments(text);
      return [
        ...(path === "main.ts"
          ? []
          : [...code.matchAll(/\bprocess\.(exit|abort|reallyExit)\(/g)].map(([found]) => `${path}: ${found}`)),
        // The embedded database sets an exit code of its own when it closes, which its adapter puts back.
        ...(path === "main.ts" || path === "adapters/pglite-database.ts"
          ? []
          : [...code.matchAll(/\bprocess\.exitCode\b/g)].map(([found]) => `${path}: ${found}`)),
        ...(/^adapters\/(.*-reporter|reporter-.*)\.ts$/.test(path)
          ? []
          : [...code.matchAll(/\bconsole\.\w+/g)].map(([found]) => `${path}: ${found}`)),
      ];
    });
    assert.deepEqual(faults, []);
  });

  test(`no file of src and build is longer than ${LONGEST} lines`, () => {
    const long = [...filesBelow("src"), ...filesBelow("build")]
      .filter((path) => path.endsWith(".ts") && !(path in LONG_FILES))
      .map((path) => ({ path, lines: readFileSync(join(ROOT, path), "utf8").split("\n").length - 1 }))
      .filter(({ lines }) => lines > LONGEST);
    assert.deepEqual(long, []);
  });

  test("nothing in the repository knows a machine", () => {
    const homes = ["home", "Users", "root", "work"].join("|");
    const machine = new RegExp(`(?:^|[\\s"'\`=(:])/(?:${homes})/[\\w.-]+`, "m");
    const faults = repositoryFiles()
      // Links among the scenarios' inputs lead nowhere on purpose.
      .filter((path) => lstatSync(join(ROOT, path)).isFile())
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }))
      .filter(({ text }) => machine.test(text))
      .map(({ path, text }) => `${path}: ${machine.exec(text)?.[0].trim()}`);
    assert.deepEqual(faults, []);
  });

  test("the lock file names no host", () => {
    assert.doesNotMatch(readFileSync(join(ROOT, "package-lock.json"), "utf8"), /"resolved": "https?:/);
  });
});

function layerOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function mayImport(file: string, target: string): boolean {
  return ADAPTERS.some(({ files, from }) => files.test(file) && (files.test(target) || from?.test(target)));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/gm, "");
}

function filesBelow(directory: string): string[] {
  if (!existsSync(join(ROOT, directory))) return [];
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(directory, join(entry.parentPath, entry.name).slice(join(ROOT, directory).length)))
    .sort();
}

/** What git has or would take; without git (a source archive), the directories that are ours. */
function repositoryFiles(): string[] {
  try {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return listed
      .split("\0")
      .filter((path) => path !== "" && existsSync(join(ROOT, dirname(path), posix.basename(path))));
  } catch {
    return ["src", "build", "test", "database"].flatMap(filesBelow);
  }
}
