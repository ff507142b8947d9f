/*
 * Makes text from others (a file name, a server's message, a hook's output) safe for its target. Nothing in it may move
 * a cursor, colour or hide other text, change its direction, end a line early or act as a command to a CI service.
 * Unsafe characters are spelled out, so that they are visible; in JSON they are escaped, so that nothing is lost.
 */

export type Target =
  /** A terminal, a log: line feeds stay. */
  | "text"
  /** The same on one line. */
  | "line"
  /** JSON that is already serialized. */
  | "json"
  /** Character data of XML 1.0. */
  | "xml"
  /** An attribute of XML 1.0, in double quotes. */
  | "xml-attribute"
  /** Markdown with HTML in it, on one line. */
  | "markdown"
  /** The message of a GitHub workflow command. */
  | "workflow-message"
  /** A property of such a command. */
  | "workflow-property";

/** The text, made safe for that target. Takes linear time. */
export function safeText(text: string, target: Target): string {
  return WRITERS[target](text);
}

/** Characters that are one column wide and nothing else. */
const ASCII = /^[\x20-\x7e]*$/;

/**
 * Controls of C0 and C1; marks that change the direction of text; separators of lines and paragraphs, which some
 * programs treat as line ends; invisible characters that join nothing, including tags; noncharacters.
 */
const UNSAFE =
  /(?!\n)[\p{Cc}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu;

/** Half a character, which no encoding can hold. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

const WRITERS: Readonly<Record<Target, (text: string) => string>> = {
  text: spelledOut,
  line,
  json: (text) => withoutCommands(text.replace(UNSAFE, escapedUnits), { mark: "#\\u0023" }),
  xml,
  "xml-attribute": (text) => xml(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;"),
  markdown: (text) =>
    spelledOut(text).replace(MARKUP, reference).replace(MENTION, "@<!-- -->").replaceAll("\n", "<br>"),
  "workflow-message": workflowMessage,
  "workflow-property": (text) => workflowMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C"),
};

/** Unsafe characters as "\x1b", "\u202e" or "\u{e0041}"; tabs become spaces. */
function spelledOut(text: string): string {
  if (ASCII.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll("\t", "    ")
    .replace(LONE_SURROGATE, "\ufffd")
    .replace(UNSAFE, spelling);
}

function spelling(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length > 4) return `\\u{${hex}}`;
  return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
}

function line(text: string): string {
  return ASCII.test(text) ? text : spelledOut(text).replaceAll("\n", "\\n");
}

/** As JSON escapes, one for each UTF-16 unit. */
function escapedUnits(character: string): string {
  return character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function xml(text: string): string {
  const escaped = spelledOut(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return withoutCommands(escaped, { colon: "&#58;", mark: "#&#35;" });
}

/** Characters with a meaning in Markdown or HTML; an underscore within a word has none. */
const MARKUP = /[\\`*{}[\]<>#|~&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/** GitHub and GitLab notify the people and teams whose names follow. */
const MENTION = /@(?=\w)/g;

function reference(sign: string): string {
  return `&#${sign.charCodeAt(0)};`;
}

/**
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions: the escape character is itself
 * escaped, and nothing ends the line.
 */
function workflowMessage(text: string): string {
  return withoutCommands(spelledOut(text), { mark: "## " }).replaceAll("%", "%25").replaceAll("\n", "%0A");
}

/** `::command` at the start of a line; `##[command]`, `##vso[`, `##teamcity[` anywhere in it. */
const COLONS = /^([^\S\n\r\u2028\u2029]*):(?=:)/gm;
const MARK = /##(?=\[|vso\[|teamcity\[)/gi;

/** Lines for a CI log, none of which the CI service treats as a command. */
export function withoutCommands(
  text: string,
  { colon, mark }: { readonly colon?: string; readonly mark: string } = { colon: ": ", mark: "## " },
): string {
  const lines = colon !== undefined && text.includes("::") ? text.replace(COLONS, `$1${colon}`) : text;
  return lines.includes("##") ? lines.replace(MARK, mark) : lines;
}
