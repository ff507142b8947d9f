import { type Finding, finding } from "../failure/failure.ts";
import { type Contents, type Format, type FoundRepeatable, type ListedEntry, plainHeader } from "../layout/format.ts";
import { type NamedScript, paired } from "../layout/pairs.ts";
import type { Header } from "../migrations/header.ts";
import { compareVersions } from "../migrations/version.ts";

/**
 * Flyway 12 with its default settings (ResourceNameParser, MigrationVersion, SqlScriptMetadata): `V1.2__name.sql`,
 * `U1.2__name.sql` and `R__name.sql` in the directory and all folders below it, each with `<file>.conf` if it has its own
 * settings. Underscores in a version are dots. Other names are ignored, except callbacks, which pgstep reports.
 */
export const FLYWAY: Format = {
  layout: "flyway",
  tool: "Flyway",
  downAdvice: "Write U<version>__<description>.sql next to the migration",
  isDeep: true,
  read(entries, contents) {
    const findings: Finding[] = [];
    const files = filesIn(entries);
    const scripts = new FlywayFiles(files, contents, findings);
    for (const file of files) scripts.add(file);
    const baseline = scripts.newestBaseline();
    const versioned = baseline ? withBaseline(scripts.versioned, baseline, findings) : scripts.versioned;
    const naming = { pairs: "version", up: upName, down: downName } as const;
    const migrations = paired(versioned, naming, findings);
    return { migrations, repeatables: scripts.repeatables, findings };
  },
};

function upName({ name }: NamedScript): string {
  return `V${name.slice(1)}.sql`;
}

function downName({ name }: NamedScript): string {
  return `U${name.slice(1)}.sql`;
}

function filesIn(entries: readonly ListedEntry[]): ListedEntry[] {
  return entries.flatMap((entry) => (entry.kind === "directory" ? filesIn(entry.inside ?? []) : [entry]));
}

const ENDING = /\.(sql|java|class|kt|groovy|scala)$/i;

/** The parts of a migration's name; undefined for other names. */
function partsOf(fileName: string) {
  const ending = ENDING.exec(fileName)?.[1];
  const prefix = fileName[0] ?? "";
  if (ending === undefined || !"VURB".includes(prefix)) return undefined;
  const stem = fileName.slice(0, -ending.length - 1);
  const separator = stem.indexOf("__");
  const written = stem.slice(1, separator === -1 ? undefined : separator);
  const words = separator === -1 ? "" : stem.slice(separator + 2);
  return { ending: ending.toLowerCase(), prefix, stem, written, words };
}

const CALLBACK =
  /^(?:(?:before|after)(?:Clean|Migrate|Each|Repeatables|Versioned|Undo|Validate|Baseline|Repair|Info|Connect|CreateSchema)|createSchema)/;

/** Numbers between dots, as text. */
const VERSION = /^[0-9]+(?:\.[0-9]+)*$/;

class FlywayFiles {
  readonly versioned: NamedScript[] = [];
  readonly repeatables: FoundRepeatable[] = [];
  readonly #baselines: NamedScript[] = [];
  readonly #confs: ReadonlyMap<string, string>;
  readonly #contents: Contents;
  readonly #findings: Finding[];

  constructor(files: readonly ListedEntry[], contents: Contents, findings: Finding[]) {
    this.#confs = new Map(
      files.flatMap(({ name, path }) => (name.endsWith(".conf") ? [[path.slice(0, -5), path]] : [])),
    );
    this.#contents = contents;
    this.#findings = findings;
  }

  newestBaseline(): NamedScript | undefined {
    return this.#baselines.sort((left, right) => compareVersions(left.version, right.version)).at(-1);
  }

  add({ name: fileName, path, kind }: ListedEntry): void {
    if (kind !== "file") return;
    const parts = partsOf(fileName);
    if (!parts) {
      if (/\.sql$/i.test(fileName)) this.#warn(fileName, path);
      return;
    }
    const { ending, prefix, stem, written, words } = parts;
    const isSql = ending === "sql";
    const header = this.#headerOf(path);
    if (!header) return;
    const description = words.replaceAll("_", " ");
    if (prefix === "R") {
      if (written !== "") this.#warn(fileName, path);
      else if (isSql) this.repeatables.push({ name: stem, script: { path, header } });
      else this.#findings.push(repeatableProgram(fileName, path));
      return;
    }
    const version = written.replaceAll("_", ".");
    if (!VERSION.test(version)) {
      this.#warn(fileName, path);
      return;
    }
    const about = { version, name: stem, description: description || stem, path, header };
    const program = isSql ? {} : { part: "", program: LANGUAGES[ending] ?? "Java" };
    const script: NamedScript = { ...about, ...program, direction: prefix === "U" ? "down" : "up" };
    (prefix === "B" ? this.#baselines : this.versioned).push(script);
  }

  /** The settings of `<file>.conf`; undefined if the file does not run. */
  #headerOf(path: string): Header | undefined {
    const conf = this.#confs.get(path);
    const values = conf === undefined ? NO_SETTINGS : settingsOf(this.#contents.text(conf) ?? "");
    const encoding = values.get("encoding") ?? "UTF-8";
    if (conf !== undefined && !/^utf-?8$/i.test(encoding)) {
      this.#findings.push(
        finding("not-utf8", {
          message: `the file's encoding is ${encoding}; pgstep reads UTF-8`,
          hint: "Convert the file with iconv, and remove the line from its .conf file.",
          place: { path: conf },
        }),
      );
    }
    if (values.get("shouldExecute")?.toLowerCase() === "false") return undefined;
    const isAlone = values.get("executeInTransaction")?.toLowerCase() === "false";
    const isReplaced = values.get("placeholderReplacement")?.toLowerCase() !== "false";
    return plainHeader({
      ...(isAlone && { transaction: "none" }),
      ...(isReplaced && { placeholders: "everywhere" }),
    });
  }

  #warn(name: string, path: string): void {
    const isCallback = CALLBACK.test(name);
    this.#findings.push({
      rule: isCallback ? "hook-name" : "ignored-file",
      severity: "warning",
      message: isCallback
        ? `${name} is a Flyway callback, which pgstep does not run`
        : `Flyway ignores ${name}: its name is not that of a migration`,
      hint: isCallback
        ? "Copy its SQL to a hook, e.g. hooks/after-up.sql next to the migrations."
        : "Rename it, e.g. V1.2__create_users.sql or R__users_view.sql, or move it out of the directory.",
      place: { path },
    });
  }
}

const LANGUAGES: Readonly<Record<string, string>> = { kt: "Kotlin", groovy: "Groovy", scala: "Scala" };

const NO_SETTINGS: ReadonlyMap<string, string> = new Map();

/** Lines `key=value`, with comments. */
function settingsOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return new Map(
    lines
      .filter((line) => !line.startsWith("#") && line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()]),
  );
}

function repeatableProgram(name: string, path: string): Finding {
  return {
    rule: "not-sql",
    severity: "error",
    message: `${name} is a program, which pgstep cannot run`,
    hint: "Write it in SQL, or move it out of the directory and run it by other means.",
    place: { path },
  };
}

/**
 * A baseline migration replaces all migrations up to its version in an empty database. Where these exist, they have the
 * same result; otherwise the baseline migration is the first one.
 */
function withBaseline(versioned: readonly NamedScript[], baseline: NamedScript, findings: Finding[]): NamedScript[] {
  const isReplaced = ({ version }: NamedScript) => compareVersions(version, baseline.version) <= 0;
  if (!versioned.some((one) => one.direction === "up" && isReplaced(one))) return [...versioned, baseline];
  findings.push({
    rule: "baseline-migration",
    severity: "warning",
    message: `pgstep applies the migrations up to ${baseline.version} instead of the baseline migration ${baseline.name}`,
    hint: "To use the baseline migration in new databases, move the migrations that it replaces out of the directory.",
    place: { path: baseline.path },
  });
  return [...versioned];
}
