import type { ErrorWords } from "../scanner/statement-problem.ts";
import { StatementScanner } from "../scanner/statement-scanner.ts";
import type { Substitute, SubstitutionError } from "../scanner/substitution.ts";
import { Lexer, TOKEN, type Token } from "../sql/lexer.ts";
import type { Replacement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { nearest } from "../text/spelling.ts";

/** A placeholder; its value is undefined if no source gives one. */
export interface Placeholder {
  readonly value: string | undefined;
  readonly secret: boolean;
}

const REFERENCE = /\$\$(?=\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/**
 * Outside quotes a value is inserted as it is. In a string or a quoted identifier it is escaped, so that the server
 * reads exactly that value. In dollar quotes it is inserted as it is, but only with `everywhere`; in comments, never.
 * `$${` becomes `${`.
 */
export function substituteIn(values: ReadonlyMap<string, Placeholder>, everywhere: boolean): Substitute {
  return (text, standardConformingStrings) => {
    if (!text.includes("${")) return { text, replacements: [] };
    const writer = new SubstitutionWriter(values);
    for (const { token, start, end } of tokensOf(text, standardConformingStrings)) {
      const part = text.slice(start, end);
      if (token === TOKEN.comment || (token === TOKEN.dollarString && !everywhere)) writer.keep(part);
      else {
        const marker = escapeCharacter(token, text, { start, end }, standardConformingStrings);
        writer.replace(part, start, escapeFor(token, marker), token === TOKEN.symbol);
      }
    }
    if (writer.problems.length > 0) return { problems: writer.problems };
    const { text: replaced, replacements } = writer;
    const breaking = replacements[0] && !isOneStatement(replaced, standardConformingStrings);
    if (!breaking) return { text: replaced, replacements };
    return { problems: [{ words: BREAKING, at: writtenOffset(replacements, replacements[0]?.at ?? 0) }] };
  };
}

/** Maps an offset in the replaced text to the text as written; inside a value, to the start of its placeholder. */
export function writtenOffset(replacements: readonly Replacement[], offset: number): number {
  let shift = 0;
  for (const { at, length, written } of replacements) {
    if (offset < at) break;
    if (offset < at + length || offset === at) return at + shift;
    shift += written - length;
  }
  return offset + shift;
}

interface Part {
  /** `TOKEN.symbol` for text outside quotes and comments. */
  readonly token: Token;
  readonly start: number;
  readonly end: number;
}

/** Splits the text into quoted parts, comments, and the plain text between them. */
function* tokensOf(text: string, standardConformingStrings: boolean): Generator<Part> {
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  let plainStart = 0;
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    if (!ENCLOSED.has(token)) continue;
    const { start, end } = lexer;
    if (start > plainStart) yield { token: TOKEN.symbol, start: plainStart, end: start };
    yield { token, start, end };
    plainStart = end;
  }
  if (plainStart < text.length) yield { token: TOKEN.symbol, start: plainStart, end: text.length };
}

const ENCLOSED: ReadonlySet<Token> = new Set([TOKEN.comment, TOKEN.string, TOKEN.quotedIdentifier, TOKEN.dollarString]);

/** The character that escapes others in a string or quoted identifier; undefined if there is none. */
function escapeCharacter(
  token: Token,
  text: string,
  { start, end }: Pick<Part, "start" | "end">,
  standardConformingStrings: boolean,
): string | undefined {
  if (token !== TOKEN.string && token !== TOKEN.quotedIdentifier) return undefined;
  const first = text.charAt(start).toUpperCase();
  if (first === "U") return chosenEscape(text, end);
  const escapes = first === "E" || (first === "'" && !standardConformingStrings);
  return escapes ? "\\" : undefined;
}

/** The escape character of the U&'..' that ends at `end`: a following UESCAPE may name one other than the backslash. */
function chosenEscape(text: string, end: number): string {
  const cursor = new TokenCursor({ text, standardConformingStrings: true }, end);
  return (cursor.accept("UESCAPE") && cursor.atString && cursor.takeValue()) || "\\";
}

/** Returns a function that escapes a value, so that the server reads exactly that value. */
function escapeFor(token: Token, marker: string | undefined): (value: string) => string {
  const quote = QUOTES.get(token);
  if (quote === undefined) return (value) => value;
  const escaped = (value: string) => (marker === undefined ? value : value.replaceAll(marker, marker + marker));
  return (value) => escaped(value).replaceAll(quote, quote + quote);
}

const QUOTES: ReadonlyMap<Token, string> = new Map([
  [TOKEN.string, "'"],
  [TOKEN.quotedIdentifier, '"'],
]);

class SubstitutionWriter {
  text = "";
  readonly replacements: Replacement[] = [];
  readonly problems: SubstitutionError[] = [];
  readonly #values: ReadonlyMap<string, Placeholder>;

  constructor(values: ReadonlyMap<string, Placeholder>) {
    this.#values = values;
  }

  keep(part: string): void {
    this.text += part;
  }

  /** @param start of the part in the text as it was written */
  replace(part: string, start: number, quoted: (value: string) => string, isBare: boolean): void {
    let end = 0;
    for (const match of part.matchAll(REFERENCE)) {
      const [found, name] = match;
      this.text += part.slice(end, match.index);
      end = match.index + found.length;
      const value = found === "$$" ? "$" : this.#valueOf(name, start + match.index, isBare);
      const sent = found === "$$" ? "$" : quoted(value ?? "");
      this.replacements.push({ at: this.text.length, length: sent.length, written: found.length });
      this.text += sent;
    }
    this.text += part.slice(end);
  }

  #valueOf(name: string | undefined, at: number, isBare: boolean): string | undefined {
    const { value, secret } = this.#values.get(name?.toLowerCase() ?? "") ?? {};
    if (value === undefined) {
      this.problems.push({ words: name === undefined ? MALFORMED : unknown(name, this.#values), at });
    } else if (secret && isBare) {
      this.problems.push({ words: SECRET, at });
    } else if (value.includes("\0")) {
      this.problems.push({ words: BREAKING, at });
    }
    return value;
  }
}

const MALFORMED: ErrorWords = {
  rule: "placeholder",
  message: `this \${ is not followed by a name and }`,
  hint: `Write \${name}, and $\${ for \${ itself.`,
};

const SECRET: ErrorWords = {
  rule: "placeholder",
  message: "this placeholder is secret but outside quotes, where server errors may show parts of it",
  hint: 'Put it in quotes; or set "secret": false for it in pgstep.json if it is not secret.',
};

const BREAKING: ErrorWords = {
  rule: "placeholder",
  message: "with its placeholder values, this is no longer a single statement",
  hint: "Use values without semicolons, quotes and comments; or put the placeholder in quotes.",
};

function unknown(name: string, values: ReadonlyMap<string, Placeholder>): ErrorWords {
  const known = [...values].flatMap(([one, { value }]) => (value === undefined ? [] : [one]));
  const meant = nearest(name.toLowerCase(), known);
  const variable = `PGSTEP_PLACEHOLDER_${name.toUpperCase()}`;
  return {
    rule: "placeholder",
    message: `the placeholder \${${name}} has no value`,
    hint: meant
      ? `Did you mean \${${meant}}?`
      : `Set it with --set ${name}=..., ${variable}, or "placeholders" in pgstep.json.`,
  };
}

function isOneStatement(text: string, standardConformingStrings: boolean): boolean {
  const scanner = new StatementScanner({ standardConformingStrings });
  // The text does not include the rows of a COPY.
  const pieces = [...scanner.push(text), ...scanner.end()].filter(
    (piece) => piece.kind !== "blank" && !(piece.kind === "error" && piece.rule === "unterminated-copy"),
  );
  return pieces.length === 1 && pieces[0]?.kind === "statement";
}
