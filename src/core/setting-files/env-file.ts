import { Failure } from "../failure/failure.ts";
import { type Substitution, substitute } from "./substitution.ts";

/** A variable in a file. */
export interface FileVariable {
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * The variables of a file of NAME=value lines; the last one wins if a name appears twice. A value may be in double
 * quotes (\n, \r, \t, \", \\ and \$ are escapes), in single quotes or backticks, also over several lines; without
 * quotes it ends before a # that follows a blank. `${NAME}` and `${NAME:-default}` are replaced except in single quotes
 * and backticks, by the result of `lookUp` or else by an earlier variable of the file. Messages never quote a value.
 * @throws Failure settings, with the line
 */
export function parseEnvFile(
  text: string,
  path: string,
  lookUp: (name: string) => string | undefined,
): Map<string, FileVariable> {
  const variables = new Map<string, FileVariable>();
  for (const { name, line, written, quote } of assignments(
    text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n"),
    path,
  )) {
    const result = meaningOf(written, quote, (wanted) => lookUp(wanted) || variables.get(wanted)?.value);
    if ("value" in result) variables.set(name, { value: result.value, line });
    // Errors in other programs' variables are ignored.
    else if (CONCERNS_US.test(name)) throw problem(path, line, `${name}: ${result.problem}`, result.hint);
  }
  return variables;
}

const CONCERNS_US = /^(PG|DATABASE_URL$)/;

interface Assignment {
  readonly name: string;
  readonly line: number;
  /** Without its quotes. */
  readonly written: string;
  readonly quote: string;
}

const BLANK_LINE = /[ \t]*(?:#.*)?(?:\n|$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(?:(=)[ \t]*)?/y;
const QUOTED = /"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'|`([^`]*)`/y;
const BARE = /.*/y;

function* assignments(text: string, path: string): Generator<Assignment> {
  let offset = 0;
  let nextLine = 1;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text);
    offset += found?.[0].length ?? 0;
    nextLine += (found?.[0].split("\n").length ?? 1) - 1;
    return found;
  };
  while (offset < text.length) {
    if (take(BLANK_LINE)) continue;
    const line = nextLine;
    const [, name, equals = ""] = take(NAME) ?? [];
    if (name === undefined) throw problem(path, line, "the line is not NAME=value", "Start a comment with #.");
    const quote = /["'`]/.exec(text[offset] ?? "")?.[0] ?? "";
    if (equals === "") {
      // A name alone only exports the variable.
      if (take(BLANK_LINE)) continue;
      throw problem(path, line, `${name} is not followed by =`, "Write NAME=value.");
    }
    if (quote === "") {
      yield { name, line, quote, written: (take(BARE)?.[0] ?? "").replace(/(?:^|[ \t])#.*/s, "").trim() };
      continue;
    }
    const [found, ...parts] = take(QUOTED) ?? [];
    if (found === undefined) {
      throw problem(path, line, `the quote of ${name} is not closed`, `Put a ${quote} at the end of the value.`);
    }
    const lastLine = nextLine;
    if (!take(BLANK_LINE)) {
      throw problem(path, lastLine, `there is text after the value of ${name}`, "Put the whole value in quotes.");
    }
    yield { name, line, quote, written: parts.find((part) => part !== undefined) ?? "" };
  }
}

function meaningOf(written: string, quote: string, lookUp: (name: string) => string | undefined): Substitution {
  if (quote === "'" || quote === "`") return { value: written };
  return substitute(quote === "" ? written : withoutEscapes(written), lookUp);
}

const ESCAPED: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
  $: "$",
  "${": "$${",
};

/** Other backslashes stay: Windows paths have them. */
function withoutEscapes(text: string): string {
  return text.replace(/\\(\$\{|[\s\S])/g, (found, escaped: string) => ESCAPED[escaped] ?? found);
}

function problem(path: string, line: number, what: string, hint: string): Failure {
  return new Failure("settings", `Cannot read ${path}:${line}: ${what}`, { hint });
}
