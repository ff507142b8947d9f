/** The parts of a psql command line. */
export interface PsqlCommand {
  /** Without the backslash: "restrict", "connect", ".". */
  readonly command: string;
  readonly arguments: readonly string[];
}

const LINE = /^\\([!?.;:\\]|[^\s\\]*)/;
/** An unclosed quote runs to the end of the line, so that no later quote searches for its end again. */
const ARGUMENT = /'(?:[^'\\]|\\.)*(?:'|\\?$)|"[^"]*(?:"|$)|\\|[^\s'"\\]+/gs;

/** Commands that pgstep may skip, and which must therefore hide nothing after them. */
const PASSED_OVER: ReadonlySet<string> = new Set(["c", "connect", "restrict", "unrestrict"]);

/**
 * Parses `\command argument 'quoted argument'`; quotes around an argument are removed. `nextCommandAt` is the offset of
 * another command, or of SQL after `\\`, in the line of a command that may be skipped.
 */
export function parsePsqlCommand(line: string): PsqlCommand & { readonly nextCommandAt?: number } {
  const [start = "", command = ""] = LINE.exec(line) ?? [];
  const found = [...line.slice(start.length).matchAll(ARGUMENT)];
  const next = PASSED_OVER.has(command) ? found.find(([text]) => text.includes("\\") && !isClosed(text)) : undefined;
  return {
    command,
    arguments: found.map(([text]) => (isClosed(text) ? text.slice(1, -1) : text)),
    ...(next && { nextCommandAt: start.length + next.index + next[0].indexOf("\\") }),
  };
}

/** True if an argument has a quote at both ends. */
function isClosed(argument: string): boolean {
  return /^(?:'(?:[^'\\]|\\.)*'|"[^"]*")$/s.test(argument);
}

const SUBSTITUTES: Readonly<Record<string, string>> = {
  i: "Put the SQL of the included file here, or into a migration of its own.",
  ir: "Put the SQL of the included file here, or into a migration of its own.",
  include: "Put the SQL of the included file here, or into a migration of its own.",
  include_relative: "Put the SQL of the included file here, or into a migration of its own.",
  copy: "Write COPY ... FROM STDIN; with the rows below it and a line `\\.` at the end.",
  g: "End the statement with a semicolon instead.",
  gx: "End the statement with a semicolon instead.",
  gset: "End the statement with a semicolon, and use a DO block where its result is needed.",
  gexec: "Run the generated statements with EXECUTE in a DO block.",
  gdesc: "End the statement with a semicolon instead.",
  ";": "Write the semicolon without the backslash.",
  set: "Write the value where the variable is used.",
  if: "Make the decision in a DO block.",
  elif: "Make the decision in a DO block.",
  else: "Make the decision in a DO block.",
  endif: "Make the decision in a DO block.",
  echo: "Use RAISE NOTICE in a DO block, or a comment.",
  warn: "Use RAISE WARNING in a DO block, or a comment.",
  c: "Remove the line, and name the database with --url.",
  connect: "Remove the line, and name the database with --url.",
  encoding: "Remove the line, and save the file as UTF-8.",
  ".": "Remove the line: no COPY ... FROM STDIN is open here.",
};

/** The replacement for a psql command, as one imperative sentence. */
export function psqlSubstitute(command: string): string {
  return Object.hasOwn(SUBSTITUTES, command)
    ? (SUBSTITUTES[command] ?? "")
    : "Remove it: only psql understands backslash commands, everything else here must be SQL.";
}
