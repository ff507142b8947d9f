import { type Finding, finding } from "../failure/failure.ts";
import {
  type Contents,
  downPart,
  type Format,
  type FoundMigration,
  type ListedEntry,
  plainHeader,
  wordsOf,
} from "../layout/format.ts";
import { findHidden, type Line, linesOf, partOf } from "../layout/marked-lines.ts";
import { type NamedScript, named, paired, type ScriptsOfFile } from "../layout/pairs.ts";
import { findOtherOrder } from "../layout/text-order.ts";

/**
 * dbmate 2 (pkg/dbmate/migration.go): files whose names begin with digits, with `-- migrate:up` and `-- migrate:down`. A
 * file may have several pairs of them; all up parts are applied in turn. dbmate sorts the names as text.
 */
export const DBMATE: Format = {
  layout: "dbmate",
  tool: "dbmate",
  downAdvice: 'Write it after a line "-- migrate:down" in the file',
  read(entries, contents) {
    const findings: Finding[] = [];
    const scripts = entries.flatMap((entry) => scriptsOf(entry, contents, findings));
    const naming = { pairs: "name", up: fileOf, down: fileOf } as const;
    const migrations: readonly FoundMigration[] = paired(scripts, naming, findings);
    findOtherOrder("dbmate", migrations, findings);
    return { migrations, repeatables: [], findings };
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
  const [, version, words = ""] = /^([0-9]+)((?:[^0-9].*)?)\.sql$/s.exec(fileName) ?? [];
  if (version === undefined || kind !== "file") return [];
  const about = { version, name: version + words, description: wordsOf(words) };
  const text = contents.text(path);
  return named(about, text === undefined ? { up: { path, header: plainHeader() } } : partsOf(path, text, findings));
}

const MARKER = /^--\s*migrate:(up|down)(?:\s(.*))?$/;

/** The two scripts of a file. */
function partsOf(path: string, text: string, findings: Finding[]): ScriptsOfFile {
  const lines = linesOf(text);
  const markers = lines.filter((line) => MARKER.test(line.text.trimEnd()));
  const parts = { up: [] as (string | undefined)[], down: [] as (string | undefined)[] };
  const isAlone = { up: false, down: false };
  let section: "up" | "down" | undefined;
  for (const line of lines) {
    const [, direction, options = ""] = MARKER.exec(line.text.trimEnd()) ?? [];
    if (direction === "up" || direction === "down") {
      section = direction;
      isAlone[section] ||= options.split(/\s+/).includes("transaction:false");
    }
    for (const one of ["up", "down"] as const) {
      parts[one].push(section === one && direction === undefined ? line.text : undefined);
    }
  }
  const hidden = findHidden({ path, text, tool: "dbmate" }, markers);
  const problem = problemOf(lines, markers);
  if (hidden.length > 0) findings.push(...hidden);
  else if (problem) {
    const { line, message, hint } = problem;
    findings.push(finding("marker", { message, hint, place: { path, line: line?.number ?? 1, column: 1 } }));
  }
  // The parts of such a file mean nothing, and would only have errors of their own.
  if (hidden.length > 0 || problem) return { up: { path, part: "", header: plainHeader() } };
  const header = (direction: "up" | "down") => plainHeader(isAlone[direction] ? { transaction: "none" } : {});
  const up = { path, part: partOf(parts.up), header: header("up") };
  if (!markers.some(isDown)) return { up };
  return { up, down: { path: downPart(path), part: partOf(parts.down), header: header("down") } };
}

function isDown({ text }: Line): boolean {
  return MARKER.exec(text.trimEnd())?.[1] === "down";
}

/** The first error in the order of the parts. */
function problemOf(lines: readonly Line[], markers: readonly Line[]) {
  const [first] = markers;
  const loose = lines.find(({ text, at }) => at < (first?.at ?? 0) && !/^\s*(?:--|$)/.test(text));
  if (!first) {
    const hint = 'Put "-- migrate:up" on a line before the statements.';
    return { line: lines[0], message: 'the file has no "-- migrate:up", so dbmate refuses it', hint };
  }
  if (isDown(first)) {
    const hint = 'Move the part after that of "-- migrate:up".';
    return { line: first, message: `"${first.text.trim()}" comes before "-- migrate:up"`, hint };
  }
  if (loose) return { line: loose, message: 'SQL before "-- migrate:up"', hint: "Move it after that line." };
  const twice = markers.find((one, index) => index > 0 && isDown(one) === isDown(markers[index - 1] as Line));
  if (!twice) return undefined;
  const other = isDown(twice) ? "up" : "down";
  const message = `"${twice.text.trim()}" is there twice, without "-- migrate:${other}" between`;
  return { line: twice, message, hint: `Keep one of them, or put "-- migrate:${other}" between them.` };
}
