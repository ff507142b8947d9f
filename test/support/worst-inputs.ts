import { markdownDocument } from "../../src/adapters/ci-report/findings-markdown.ts";
import { annotation } from "../../src/adapters/ci-report/github-annotations.ts";
import { junitDocument } from "../../src/adapters/ci-report/junit.ts";
import { taggedResult } from "../../src/adapters/session/backend-messages.ts";
import { progressText } from "../../src/adapters/text-report/progress-line.ts";
import { sourceWindow } from "../../src/adapters/text-report/source-frame.ts";
import { VOCABULARY } from "../../src/commands/index.ts";
import { readBackupName } from "../../src/core/backup/backup-file.ts";
import { parseNodeTree } from "../../src/core/catalog/node-tree.ts";
import { parseConnectionKeywords } from "../../src/core/connection/keywords.ts";
import { findPassword, parseServiceFile } from "../../src/core/connection/libpq-files.ts";
import { parseConnectionUrl } from "../../src/core/connection/url.ts";
import { Failure, type Finding } from "../../src/core/failure/failure.ts";
import { systemWords } from "../../src/core/failure/system-error.ts";
import { readIgnores } from "../../src/core/findings/ignores.ts";
import { HintCommands } from "../../src/core/hints/hint-commands.ts";
import { parseHookName, shownCommand } from "../../src/core/hooks/hook.ts";
import { parseHeader } from "../../src/core/migrations/header.ts";
import { fileNameWords, parseMigrationName } from "../../src/core/migrations/migration-name.ts";
import { directoryBeside } from "../../src/core/migrations/sibling-directory.ts";
import { placeholdersIn, secretMask } from "../../src/core/placeholders/placeholders.ts";
import { scan } from "../../src/core/scanner/scan.ts";
import { maskedFailure } from "../../src/core/secrets/masked-report.ts";
import { masked, maskedBeginning, maskedLine } from "../../src/core/secrets/masking.ts";
import { parseEnvFile } from "../../src/core/setting-files/env-file.ts";
import { parseJsonTree } from "../../src/core/setting-files/json-tree.ts";
import { substitute } from "../../src/core/setting-files/substitution.ts";
import { maskConnection } from "../../src/core/settings/connection-mask.ts";
import { placeholderValues } from "../../src/core/settings/placeholder-kind.ts";
import { parsePsqlCommand } from "../../src/core/sql/psql-command.ts";
import { classify } from "../../src/core/statements/classify.ts";
import { sessionEffect } from "../../src/core/statements/session-effect.ts";
import { cut, jsonText, wrapped } from "../../src/core/text/display.ts";
import { safeText, type Target, withoutCommands } from "../../src/core/text/safe-text.ts";
import { docComment } from "../../src/core/types/format.ts";

/*
 * Feeds every function that takes a text of others' (a server's, a file's, a file's name) 1 MB of its worst inputs, and
 * prints each name when it is done. Run as a program of its own: where one of them needs time that grows with the square of
 * the text, it takes hours, and the parent ends it.
 */

const LENGTH = 1_000_000;

interface Worst {
  readonly name: string;
  /** Repeated until the text is long enough. */
  readonly units: readonly string[];
  readonly before?: string;
  readonly behind?: string;
  readonly take: (text: string) => unknown;
}

const BLANKS = ["a", " ", "\t", "\n", "\r", "\u2028", "\u3000", " a", "-", "_", "/", "\\", "0", "0 ", "😀", "\u202e"];
const QUOTES = [
  "'",
  '"',
  "''",
  "'\\",
  '"\\',
  "\\",
  "\\'",
  "$$",
  "$a$",
  "$a",
  "a'\\'",
  "E'",
  "U&'",
  "/*",
  "--",
  "/**/",
  "(",
];
const ANNOUNCED = [
  ...["password ", "password '", "password ''", "password $a", "password /* ", "password -- ", "password \\'"],
  ...["a://b:c", "://", "password=", "password=\\", "password=;", "password = f(", "password || ", "passwordpassword"],
  ...["format('password %L', ", "format(", "set_config('password', ", "set_config(", "crypt(", "password ' || "],
  ...["password 'a' || ", "password 'a'\n", "--password ", "------------password ", "\\set password ", '"password": "'],
  ...["alter role password ", "alter role ", ".password to ", "_token=", "format('%s%s password %s', '", "'password' "],
];
const MARKUP = ["::", "\n", " \n", "\n ", "\r\n", "##[", "##", "<", "&", "`", "_", "%"];

const finding = (text: string): Finding => ({ rule: "gap", severity: "error", message: text, place: { path: text } });

const hintCommands = () =>
  new HintCommands(VOCABULARY, () => ({ words: "npx pgstep", given: new Set() }), new Map([["env", "test"]]));

const WORST: readonly Worst[] = [
  { name: "masking", units: [...QUOTES, ...ANNOUNCED], take: masked },
  { name: "masking a beginning", units: ["a://b:c", "password "], take: maskedBeginning },
  { name: "masking a line", units: ["password '", "$a$"], take: (text) => maskedLine(text, text) },
  { name: "masked failure", units: ["password '", "'", "a://b:c"], take: (text) => maskedFailure(failure(text)) },
  {
    name: "connection mask, URL",
    before: "postgres://",
    units: [":", "@", "a:b@", "?", "&", "&a=", "%"],
    take: maskConnection,
  },
  { name: "connection mask, keywords", units: ["a=b ", "a = '\\' ", "a", " ", "a=\\", "\\ "], take: maskConnection },
  ...(["text", "line", "xml", "xml-attribute", "markdown", "workflow-message", "workflow-property"] as const).map(
    (target: Target) => ({
      ...{ name: `safe as ${target}`, units: [...BLANKS, ...MARKUP], take: (text: string) => safeText(text, target) },
    }),
  ),
  {
    name: "commands in a hint",
    units: [
      ...["pgstep up ", "pgstep up '", 'pgstep up "', "pgstep up <", "pgstep a ", "pgstep up 1 "],
      ".",
      " ",
      "--url ",
    ],
    take: (text) => {
      const commands = hintCommands();
      return commands.unbroken(commands.rewritten(text));
    },
  },
  {
    name: "comments that ignore findings",
    units: [
      "-- pgstep: ignore a: b\n",
      "--pgstep:",
      "--pgstep:\n",
      ",a",
      "a",
      " ",
      ":",
      "ignore ",
      "SELECT 1;--pgstep:\n",
    ],
    before: "-- pgstep: ignore ",
    take: (text) => readIgnores(scan([text]), ["rewrites-table"]),
  },
  { name: "safe as JSON", units: [...BLANKS, ...MARKUP], take: (text) => jsonText({ text }) },
  { name: "no commands", units: [...BLANKS, ...MARKUP], take: (text) => withoutCommands(text) },
  { name: "wrapped lines", units: ["a ", " ", "a"], take: (text) => wrapped(text, 80) },
  { name: "a cut text", units: ["a", "😀"], take: (text) => cut(text, 80) },
  { name: "a source line", units: ["a", "😀", "\t"], take: (text) => sourceWindow(text, 500_000, 80, "…") },
  { name: "annotation", units: [...BLANKS, ...MARKUP], take: (text) => annotation(finding(text.slice(0, 4_000)), ".") },
  { name: "JUnit", units: MARKUP, take: (text) => junitDocument({ ...INSPECTED, findings: [finding(text)] }) },
  {
    name: "Markdown",
    units: MARKUP,
    take(text) {
      const findings = [finding(text)];
      return markdownDocument({ ...INSPECTED, findings, report: { ...VALIDATION, findings } });
    },
  },
  {
    name: "progress",
    units: ["0", "0 ", " "],
    take: (text) => progressText({ subject: "a", note: text }, 1, 20, "…"),
  },
  { name: "a command tag", before: "INSERT", units: [" 0", "0", " 0 "], behind: "x", take: taggedResult },
  { name: "a system's words", units: ["E", ", open", " "], take: (text) => systemWords(new Error(text)) },
  { name: "a psql command", before: "\\c ", units: [...QUOTES, "a ", " "], take: parsePsqlCommand },
  { name: "statements", units: [...QUOTES, ...BLANKS, ";", "SELECT 1;"], take: (text) => count(scan([text])) },
  {
    ...{ name: "statements in parts", units: [...QUOTES, ";"] },
    take: (text) => count(scan(text.match(/.{1,65536}/gs) ?? [])),
  },
  ...["CREATE ", "CREATE OR REPLACE ", "ALTER TABLE ", "COPY "].map((before) => ({
    ...{ name: `the kind of ${before}`, before, units: ["a ", " ", '"', "(", "/* */", "a."] },
    take: (text: string) => classify({ text, standardConformingStrings: true }),
  })),
  {
    ...{
      name: "placeholders",
      before: "-- Placeholders: everywhere\nSELECT ",
      units: ["${", "$${", "${a", "'${a", `\${a} `],
    },
    take: (text) => count(scan([text], placeholdersIn(parseHeader(text).header, { a: "1" }))),
  },
  {
    name: "secret values",
    units: ["secret", "'", "\\"],
    take: (text) => secretMask({ password: "secret'\\x" })?.(text),
  },
  {
    name: "a header",
    before: "-- A:",
    units: ["\t", " ", ":", "a", "\n-- Environment: a", "-"],
    behind: "x",
    take: parseHeader,
  },
  {
    name: "a migration's name",
    before: "1_",
    units: ["_", ".", "a.", ".up", "😀"],
    behind: "x",
    take: parseMigrationName,
  },
  { name: "a migration's description", units: ["_", "a_", "-", "😀"], behind: "a", take: fileNameWords },
  { name: "a hook's name", units: ["-", ".", "a."], take: parseHookName },
  {
    name: "a hook's command",
    units: [" ", "a=b ", "a "],
    take: (text) => shownCommand({ "after-up": text }, "after-up"),
  },
  { name: "a backup's name", units: ["-", "a-", "0", "%"], take: readBackupName },
  { name: "a directory", units: ["/", "\\", "a/", "/a"], behind: "x", take: (text) => directoryBeside(text, "a") },
  {
    name: "references",
    units: ["${a:-", "${", "$$", "${a", `\${a:-}`, "}"],
    take: (text) => substitute(text, () => ""),
  },
  {
    ...{ name: "an env-file", units: ["A=b\n", "A", "A='", 'A="\\', "A=\t#\n", "\t", "export A\n", "#\n", "A=${A:-"] },
    take: (text) => quietly(() => parseEnvFile(text, ".env", () => undefined)),
  },
  {
    name: "JSON",
    units: ['"a":', "[", '"\\', "/*", "//\n", " ", '["a",'],
    take: (text) => quietly(() => parseJsonTree(text, "f")),
  },
  { name: "placeholder values", units: [",a=", ",", "a=b,"], take: (text) => placeholderValues.read(text) },
  {
    ...{ name: "a connection URL", before: "postgres://", units: [":", "@", "a,", "&a=b", "[", "%"] },
    take: (text) => quietly(() => parseConnectionUrl(text, "x")),
  },
  {
    ...{ name: "connection keywords", units: ["a=b ", "a", " ", "a=' ", "a=\\"] },
    take: (text) => quietly(() => parseConnectionKeywords(text, "x")),
  },
  {
    name: "a service file",
    units: ["[a]\n", "a=b\n", "#\n", " \n"],
    take: (text) => quietly(() => parseServiceFile(text, "s", "f")),
  },
  {
    ...{ name: "a password file", units: ["a:b:c:d:e\n", ":", "\\:", "#\n"] },
    take: (text) => findPassword(text, { host: "h", port: 1, database: "d", user: "u" }),
  },
  { name: "a comment", units: ["*/", "*", "\n", " "], take: (text) => docComment(text) },
  {
    name: "what a DO block leaves behind",
    before: "DO $$",
    units: ["execute", "execute(", "execute'", "' ", "create temp ", "set_config ", "pg_advisory_lock "],
    take: (text) => sessionEffect({ text, standardConformingStrings: true }),
  },
  {
    name: "a node tree",
    units: ["{A}", "(1 2)", '"', "\\", ":a "],
    take: (text) => quietly(() => parseNodeTree(text)),
  },
];

const INSPECTED = { migrations: 1, checkout: ".", toolVersion: "1" };
const VALIDATION = { type: "validation", database: "d", migrations: 1 } as const;

function failure(text: string): Failure {
  const server = { severity: "ERROR", code: "42601", message: text, where: text, internalQuery: text };
  return new Failure("statement-failed", text, { server, place: { path: "m", sourceLine: text, sourceBefore: text } });
}

function count(pieces: Iterable<unknown>): number {
  let number = 0;
  for (const _ of pieces) number++;
  return number;
}

/** Most of these inputs are refused. */
function quietly(take: () => unknown): unknown {
  try {
    return take();
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return undefined;
  }
}

/** From there on, when one is looked into. */
const first = process.argv[2];
const from = first === undefined ? 0 : WORST.findIndex(({ name }) => name === first);
for (const { name, units, before = "", behind = "", take } of WORST.slice(from)) {
  for (const unit of units) {
    process.stdout.write(`${name}: ${JSON.stringify(unit)}\n`);
    const started = performance.now();
    take(before + unit.repeat(Math.ceil(LENGTH / unit.length)) + behind);
    if (process.env.VERBOSE && performance.now() - started > 700)
      process.stdout.write(`  ${Math.round(performance.now() - started)} ms\n`);
  }
}
process.stdout.write("done\n");
