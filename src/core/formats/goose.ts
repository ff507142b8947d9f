import { type Finding, finding } from "../failure/failure.ts";
import { interpolated } from "../layout/environment-variables.ts";
import { type Contents, downPart, type Format, type ListedEntry, plainHeader, wordsOf } from "../layout/format.ts";
import { findHidden, type Line, linesOf, partOf } from "../layout/marked-lines.ts";
import { type NamedScript, named, paired, type ScriptsOfFile } from "../layout/pairs.ts";

/**
 * goose 3 (provider_collect.go, internal/sqlparser/parser.go): `1_name.sql` with `-- +goose Up` and `-- +goose Down`, and
 * programs `1_name.go`. The version is the number before the first underscore, 1 or more. Other names are ignored.
 */
export const GOOSE: Format = {
  layout: "goose",
  tool: "goose",
  downAdvice: 'Write it after a line "-- +goose Down" in the file',
  read(entries, contents) {
    const findings: Finding[] = [];
    const scripts = entries.flatMap((entry) => scriptsOf(entry, contents, findings));
    const naming = { pairs: "name", up: fileOf, down: fileOf } as const;
    return { migrations: paired(scripts, naming, findings), repeatables: [], findings };
  },
};

function fileOf({ name }: NamedScript): string {
  return `${name}.sql`;
}

function scriptsOf(
  { name: fileName, path, kind }: ListedEntry,
  contents: Contents,
  findings: Finding[],
): NamedScript[] {
  const [, stem = "", ending] = /^(.*)\.(sql|go)$/s.exec(fileName) ?? [];
  if (ending === undefined || kind !== "file" || fileName.endsWith("_test.go")) return [];
  const [, version = "", words = ""] = /^([0-9]+)_(.*)$/s.exec(stem) ?? [];
  if (/^0*$/.test(version)) {
    if (ending === "sql") findings.push(ignored(fileName, path));
    return [];
  }
  const about = { version, name: stem, description: wordsOf(words) };
  if (ending === "go") {
    return [{ ...about, direction: "up", path, header: plainHeader(), part: "", program: "Go" }];
  }
  const text = contents.text(path);
  return named(
    about,
    text === undefined ? { up: { path, header: plainHeader() } } : partsOf(path, text, contents, findings),
  );
}

function ignored(name: string, path: string): Finding {
  return {
    rule: "ignored-file",
    severity: "warning",
    message: `goose ignores ${name}: its name has no version before an underscore`,
    hint: "Rename it, e.g. 00001_create_users.sql, or move it out of the directory.",
    place: { path },
  };
}

/** The two scripts of a file. */
function partsOf(path: string, text: string, contents: Contents, findings: Finding[]): ScriptsOfFile {
  const lines = linesOf(text);
  const markers = lines.filter(isMarker);
  const reader = new GooseFile(contents);
  for (const line of lines) reader.add(line, markers.includes(line));
  const problem = reader.problem ?? reader.end(lines);
  const hidden = findHidden({ path, text, tool: "goose" }, markers);
  if (hidden.length > 0) findings.push(...hidden);
  else if (problem) {
    const { line, message, hint } = problem;
    findings.push(finding("marker", { message, hint, place: { path, line: line.number, column: 1 } }));
  }
  // The parts of such a file mean nothing, and would only have errors of their own.
  if (hidden.length > 0 || problem) return { up: { path, part: "", header: plainHeader() } };
  const header = plainHeader(reader.isAlone ? { transaction: "none" } : {});
  const up = { path, part: partOf(reader.up), header };
  return reader.hasDown ? { up, down: { path: downPart(path), part: partOf(reader.down), header } } : { up };
}

/** goose takes each such line for an annotation, wherever it is. */
function isMarker({ text }: Line): boolean {
  return text.trimStart().startsWith("--") && text.includes("+goose");
}

interface Problem {
  readonly line: Line;
  readonly message: string;
  readonly hint: string;
}

/** Follows the annotations of one file, line by line, as goose does. */
class GooseFile {
  /** The lines of each direction; undefined for those that are not of it. */
  readonly up: (string | undefined)[] = [];
  readonly down: (string | undefined)[] = [];
  isAlone = false;
  problem: Problem | undefined;
  #section: "none" | "up" | "down" = "none";
  /** The open StatementBegin. */
  #begun: Line | undefined;
  #substitutes = false;
  readonly #contents: Contents;

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  get hasDown(): boolean {
    return this.#section === "down";
  }

  add(line: Line, isAnnotation: boolean): void {
    if (this.problem) return;
    let said: string | undefined;
    if (isAnnotation) this.#annotation(line);
    else said = this.#substitutes ? this.#substituted(line) : line.text;
    if (this.#section === "none" && !isAnnotation && !/^\s*(?:--|$)/.test(line.text)) {
      this.#refuse(line, 'SQL before "-- +goose Up"', 'Put "-- +goose Up" on a line before it.');
    }
    this.up.push(this.#section === "up" ? said : undefined);
    this.down.push(this.#section === "down" ? said : undefined);
  }

  end(lines: readonly Line[]): Problem | undefined {
    if (this.#begun) {
      const hint = 'Put "-- +goose StatementEnd" on a line after the statement.';
      return { line: this.#begun, message: `"${this.#begun.text.trim()}" has no StatementEnd`, hint };
    }
    const [first] = lines;
    if (this.#section !== "none" || !first) return undefined;
    const message = 'the file has no "-- +goose Up", so goose refuses it';
    return { line: first, message, hint: 'Put "-- +goose Up" on the first line.' };
  }

  #annotation(line: Line): void {
    const words = line.text.replaceAll("--", "").replace("+goose", "").trim();
    const shown = `"${line.text.trim()}"`;
    if (/^[ \t]/.test(line.text)) {
      this.#refuse(line, `${shown} has blanks before it, so goose refuses the file`, "Remove the blanks.");
      return;
    }
    switch (words.toLowerCase()) {
      case "up":
        if (this.#section === "none") this.#section = "up";
        else this.#refuse(line, `${shown} is there twice`, "Keep one of them: goose applies one part of a file.");
        return;
      case "down":
        if (this.#section === "up" && !this.#begun) this.#section = "down";
        else if (this.#section === "down") this.#refuse(line, `${shown} is there twice`, "Keep one of them.");
        else if (this.#begun) this.#refuse(line, `${shown} is inside a statement`, END_FIRST);
        else this.#refuse(line, `${shown} comes before "-- +goose Up"`, 'Move the part after that of "-- +goose Up".');
        return;
      case "statementbegin":
        if (this.#section === "none")
          this.#refuse(line, `${shown} comes before "-- +goose Up"`, "Move it after that line.");
        else if (this.#begun) this.#refuse(line, `${shown} is inside a statement`, END_FIRST);
        else this.#begun = line;
        return;
      case "statementend":
        if (this.#begun) this.#begun = undefined;
        else
          this.#refuse(line, `${shown} has no StatementBegin`, 'Put "-- +goose StatementBegin" before the statement.');
        return;
      case "no transaction":
        this.isAlone = true;
        return;
      case "envsub on":
      case "envsub off":
        this.#substitutes = words.toLowerCase() === "envsub on";
        return;
      default:
        this.#refuse(line, `${shown} is no annotation that goose knows`, KNOWN);
    }
  }

  #substituted(line: Line): string {
    const result = interpolated(line.text, (name) => this.#contents.variable(name));
    if (typeof result === "string") return result;
    this.#refuse(line, result.problem, "Set it, give its value with --set <name>=<value>, or fix the reference.");
    return line.text;
  }

  #refuse(line: Line, message: string, hint: string): void {
    this.problem ??= { line, message, hint };
  }
}

const END_FIRST = 'Put "-- +goose StatementEnd" before it.';
const KNOWN = "Write Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON or ENVSUB OFF after +goose.";
