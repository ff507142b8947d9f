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
  "shadow-databases.ts": ["assembly.ts", "adapters", "engine", "ports", "core"],
  "command-environment.ts": ["shadow-databases.ts", "assembly.ts", "commands", "adapters", "engine", "ports", "core"],
  "program.ts": ["command-environment.ts", "command-line.ts", "commands", "adapters", "engine", "ports", "core"],
  "main.ts": ["program.ts", "adapters"],
  "start.ts": ["main.ts", "adapters"],
  library: ["assembly.ts", "adapters", "engine", "ports", "core"],
  "index.ts": ["library", "core"],
  utils: ["index.ts"],
  scripts: ["main.ts"],
};

/**
 * The rooms of the layers that have some, each with what is in it. A room imports only from those above it in its list.
 * ARCHITECTURE.md has the same table.
 */
const ROOMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  core: {
    text: "characters, positions and decoding; how to display text",
    authentication: "how a client authenticates to a server: SCRAM, channel binding, accepted methods",
    failure: "expected errors: codes, exit statuses, findings",
    sql: "SQL tokens and words, quoting, the parts of a file",
    "parse-tree": "the trees of PostgreSQL's parser",
    catalog: "a database's schema as read from the catalog, and comparing two schemas",
    "command-line": "commands and options, parsing a command line, confirmation, output formats",
    statements: "one statement: its kind, its effects, the relations it changes",
    "stand-ins": "SQL that stands for extensions in a shadow database",
    connection: "where a server is and how to reach it: URLs, keywords, parameters, files",
    types: "TypeScript declarations from a catalog",
    trace: "what statements were seen to do to relations: locks, rewrites, scans",
    rows: "rows that are made up for tables: their values, and what scripts lose of them",
    statistics: "the sizes of production's tables, and how long statements take on them",
    check: "the safety rules of `check`: the kinds of harm that a migration can do",
    breaks: "the rule about running clients: which of their queries fail after a file",
    "style-rules": "the style rules of `check`: types, names, keys and indexes after a file",
    "statement-rules": "the style rules of `check` about statements: names in them, repetition, drops",
    findings: "all rules of `check`, and which findings count: severities, ignores, known findings",
    secrets: "finding secrets in text, and masking them",
    completion: "shell completion and its scripts",
    help: "help texts and topics",
    scanner: "splits the text of a file into statements",
    migrations: "files, versions, headers, inspections, history, plan",
    layout: "what a format of migration files is, and the parts that several formats share",
    formats: "the formats: pgstep's own, and those of other tools; recognising them",
    backup: "the contents of a backup, and when a run needs one",
    hooks: "SQL and commands that run before and after a run or step",
    placeholders: "values that replace names in files",
    repeatable: "objects that are applied again when their file changes",
    import: "the histories of other tools: how to read them, and their migrations among the files",
    export: "migrations and histories as other tools write them",
    dump: "the text of a schema file: its first lines, and its difference from another",
    drift: "how a database differs from the schema that its migrations make",
    "diff-sides": "the schemas that are compared, and where they differ",
    diff: "the statements that lead from one schema to another",
    "diff-words": "a difference of schemas in words and as the text of a file; renamed objects",
    plan: "what a run will do to a database: the locks, work and losses of each statement; the file of a plan",
    settings: "the list of settings, and their kinds",
    hints: "commands in hints, as the user can type them",
    "setting-files": "the syntax of settings files",
    configuration: "the values of settings, and where each comes from",
    reports: "events during a run, and the result at its end",
    activity: "what other sessions and replication mean for a run",
    bundle: "migrations inside an executable",
  },
  engine: {
    session: "sessions: opening, waiting, reconnecting after a loss; pgstep's own transactions",
    files: "migration files: reading, naming, inspecting",
    catalog: "SQL that queries the catalog, and reading its answers",
    schema: "the model of a schema: its objects with their facts and digests",
    history: "pgstep's tables: the history, the journal, the first read of a database",
    lock: "the run lock: advisory lock, lease, who holds it",
    script: "a planned file, checked and ready to run",
    types: "generated type files",
    bundle: "writing an executable that contains migrations",
    pipeline: "messages sent without waiting, and the meaning of their answers",
    step: "one migration: sending, recording, resuming",
    repeatable: "repeatable objects: planning, applying, recording",
    hooks: "hooks: reading and running",
    run: "a run: preparation, order, retries, concurrent runs, lost connections",
    reset: "deleting everything",
    seed: "seed files: reading and running",
    verbs: "commands on the history: status, baseline, repair, resolve, protect, new",
    import: "taking over the history of another tool",
    export: "writing migrations and the history for another tool",
    backup: "backups: planning, taking, verifying",
    restore: "backups: reading, restoring",
    dump: "schema files: writing, comparing, loading",
    shadow: "running migrations in an empty database, and testing down scripts there",
    rows: "putting made-up rows into tables, and running files on them",
    statistics: "reading the sizes of a database's tables, and their file",
    merge: "running the migrations of two branches in both orders",
    trace: "watching the statements of a trial run: locks, rewrites, scans, changed relations",
    check: "validating files; running them in a shadow database, and judging what was observed",
    drift: "comparing a database with the schema that its migrations make",
    activity: "reading what other sessions and replication do now",
    psql: "a run as a script for psql",
    plan: "what `up` would do to a database now; running exactly that",
    diff: "comparing two schemas; ordering the statements between them by trial",
    doctor: "checks of an environment",
    "test-database": "databases for tests: a template and its copies",
  },
  adapters: {
    files: "the disk, the files of a bundle, backup files",
    network: "connections and TLS",
    images: "images of embedded databases: archives, changed pages, the cache of trials",
    output: "shared by the reporters: streams, symbols, words",
    programs: "external programs: hooks, pg_dump, git, password commands",
    session: "a driver session over any pair of streams: PostgreSQL's protocol",
    terminal: "questions to the user",
    embedded: "the embedded PostgreSQL, and PostgreSQL's parser",
    "embedded-dump": "the embedded pg_dump: its thread, its talk with a session, its text",
    process: "pgstep's process: signals, variables, its version, its own file",
    server: "a PostgreSQL server over a socket: finding, logging in, cancelling",
    "setting-files": "settings files, and the limits for those of a checkout",
    "json-report": "reports and events as JSON",
    "text-report": "reports and events for people",
    "ci-report": "reports for CI services: annotations, JUnit, SARIF, GitLab, step summaries",
    target: "choosing the database",
    connection: "connections of the calling program: drivers, a PGlite instance",
    reporters: "the list of reporters, and the wrappers around all of them",
  },
};
const MOST_FILES = 14;

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

/** Files of one command each. */
const commands = sources.map(({ path }) => path).filter((path) => /^commands\/(?!index\.ts)[^/]+$/.test(path));

/** Every import of a file of src/, as paths below it. */
const arrows = sources.flatMap(({ path, imports }) =>
  imports
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => ({ from: path, to: posix.join(posix.dirname(path), specifier) })),
);

const targetsOf = new Map(
  sources.map(({ path }) => [path, arrows.flatMap(({ from, to }) => (from === path ? to : []))]),
);

describe("architecture", () => {
  test("imports go only where the layers allow", () => {
    const unknown = sources.filter(({ path }) => !LAYERS[layerOf(path)]).map(({ path }) => `${path}: no such layer`);
    const problems = arrows
      .filter(({ from, to }) => layerOf(to) !== layerOf(from) && !LAYERS[layerOf(from)]?.includes(layerOf(to)))
      .map(({ from, to }) => `${from} imports ${to}`);
    assert.deepEqual([...unknown, ...problems], []);
  });

  test("every file of a layer is in a room, and rooms import only from those above them", () => {
    const homeless = sources
      .filter(({ path }) => layerOf(path) in ROOMS && rankOf(path) === -1)
      .map(({ path }) => `${path}: no such room`);
    const upward = arrows
      .filter(({ from, to }) => layerOf(from) in ROOMS && layerOf(from) === layerOf(to) && rankOf(to) > rankOf(from))
      .map(({ from, to }) => `${from} imports ${to}`);
    assert.deepEqual([...homeless, ...upward], []);
  });

  test(`a room has files, and at most ${MOST_FILES}`, () => {
    const problems = Object.entries(ROOMS).flatMap(([layer, rooms]) =>
      Object.keys(rooms).flatMap((room) => {
        const count = sources.filter(({ path }) => path.startsWith(`${layer}/${room}/`)).length;
        return count > 0 && count <= MOST_FILES ? [] : [`${layer}/${room}: ${count}`];
      }),
    );
    assert.deepEqual(problems, []);
  });

  test("ARCHITECTURE.md has the same rooms", () => {
    const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    const listed = [...text.matchAll(/^\| `(\w+)\/([\w-]+)` \| ([^|]*) \|$/gm)]
      .map(([, ...row]) => row)
      .filter(([layer = ""]) => layer in ROOMS);
    const expected = Object.entries(ROOMS).flatMap(([layer, rooms]) =>
      Object.entries(rooms).map(([room, meaning]) => [layer, room, meaning]),
    );
    assert.deepEqual(listed, expected);
  });

  test("the way through up has ten stops, and each is there", () => {
    const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    const stops = [...text.matchAll(/^\d+\. `(src\/[\w./-]+)` `(\w+)`/gm)];
    assert.equal(stops.length, 10);
    const gone = stops
      .filter(([, path = "", name = ""]) => {
        const source = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : "";
        return !new RegExp(`\\b(?:function|class|const) ${name}\\b`).test(source);
      })
      .map(([, path, name]) => `${path} ${name}`);
    assert.deepEqual(gone, []);
  });

  test("no file imports itself by way of others", () => {
    const circles = sources.map(({ path }) => circleThrough(path)).filter((circle) => circle !== undefined);
    assert.deepEqual(circles, []);
  });

  test("commands keep to themselves", () => {
    const problems = arrows
      .filter(({ from, to }) => layerOf(from) === "commands" && from !== "commands/index.ts" && commands.includes(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    assert.deepEqual(problems, []);
  });

  const PURE = ["node:crypto", "node:buffer"];
  test("core is pure: no package, no module of the runtime but node:crypto and node:buffer", () => {
    const problems = sources
      .filter(({ path }) => layerOf(path) === "core")
      .flatMap(({ path, text, imports }) => [
        ...imports.filter((name) => !name.startsWith(".") && !PURE.includes(name)).map((name) => `${path}: ${name}`),
        ...[...withoutComments(text).matchAll(/\b(process\.|Date\.now|new Date\(\)|Math\.random|performance\.)/g)].map(
          ([found]) => `${path}: ${found}`,
        ),
      ]);
    assert.deepEqual(problems, []);
  });

  test("each package has its sole importers, and modules of the runtime their node: prefix", () => {
    const problems = sources.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
        .filter((name) => !SOLE_IMPORTERS[name.split("/", name.startsWith("@") ? 2 : 1).join("/")]?.test(path))
        .map((name) => `${path} imports ${name}`),
    );
    assert.deepEqual(problems, []);
  });

  test("only main ends the process, and only reporters speak", () => {
    const problems = sources.flatMap(({ path, text }) => {
      const code = withoutComments(text);
      return [
        ...(path === "main.ts"
          ? []
          : [...code.matchAll(/\bprocess\.(exit|abort|reallyExit)\(/g)].map(([found]) => `${path}: ${found}`)),
        // The embedded database sets an exit code of its own when it closes, which its adapter puts back.
        ...(path === "main.ts" || path === "adapters/embedded/pglite-module.ts"
          ? []
          : [...code.matchAll(/\bprocess\.exitCode\b/g)].map(([found]) => `${path}: ${found}`)),
        ...(/^adapters\/(output|[a-z]+-report)\//.test(path)
          ? []
          : [...code.matchAll(/\bconsole\.\w+/g)].map(([found]) => `${path}: ${found}`)),
      ];
    });
    assert.deepEqual(problems, []);
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
    const problems = repositoryFiles()
      // Links among the scenarios' inputs lead nowhere on purpose.
      .filter((path) => lstatSync(join(ROOT, path)).isFile())
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }))
      .filter(({ text }) => machine.test(text))
      .map(({ path, text }) => `${path}: ${machine.exec(text)?.[0].trim()}`);
    assert.deepEqual(problems, []);
  });

  test("the lock file names no host", () => {
    assert.doesNotMatch(readFileSync(join(ROOT, "package-lock.json"), "utf8"), /"resolved": "https?:/);
  });

  test("the lock file has every package that another one may need, for each platform", () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([holder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !(`node_modules/${name}` in packages || `${holder}/node_modules/${name}` in packages))
        .map((name) => `${holder}: ${name}`),
    );
    assert.deepEqual(missing, [], "npm ci refuses such a lock file; take a version whose packages the registry has");
  });
});

function layerOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** The place of a file's room in the list of its layer; -1 when it is in none. */
function rankOf(path: string): number {
  const [layer = "", room = "", file] = path.split("/");
  return file === undefined ? -1 : Object.keys(ROOMS[layer] ?? {}).indexOf(room);
}

/** The shortest way from a file back to itself. */
function circleThrough(path: string): string | undefined {
  const ways = new Map([[path, [path]]]);
  for (const [at, way] of ways) {
    for (const to of targetsOf.get(at) ?? []) {
      if (to === path) return [...way, to].join(" > ");
      if (!ways.has(to)) ways.set(to, [...way, to]);
    }
  }
  return undefined;
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
