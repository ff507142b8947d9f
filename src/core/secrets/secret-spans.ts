import { isDigit, isWordPart } from "../sql/characters.ts";
import { readString, type Span } from "./quoted-value.ts";
import { endsWord, Gaps, runEnd } from "./text-gaps.ts";
import { UrlPasswords } from "./url-password.ts";
import { ValueReader } from "./value-reader.ts";

/*
 * Finds secrets in any text: SQL, server messages, connection strings, source lines, a program's output. It starts at
 * words that announce a value ("password"), anywhere, and reads the value as SQL or a connection string has it. So the
 * text need not begin or end at a statement, and an apostrophe in prose does no harm. Each part of the text is read a
 * fixed number of times at most.
 */

const PASSWORD_WORD = "pass?w(?:or?)?d|passphrase";
const SECRET_WORD = "secret|(?<=[_.-])token|api[_-]?key|scram_(?:client|server)_key";
const ANNOUNCEMENT = new RegExp(
  `://|(?<password>${PASSWORD_WORD})|(?<secret>${SECRET_WORD})|(?<call>set_config|format|crypt)`,
  "gi",
);

/** Less exact than the announcements, but faster: most texts need no other check. */
const HINT = /:\/\/|pass|secret|token|key|set_config|format|crypt|pasw/i;

/** True if the text may announce a secret. */
export function mayHaveSecrets(text: string): boolean {
  return HINT.test(text);
}

/**
 * The secret parts of a text, in order, without overlaps.
 * @param isCut the text was cut off at its end
 */
export function secretSpans(text: string, isCut = false): readonly Span[] {
  const scanner = new SecretScanner(text, isCut);
  const anchors = new RegExp(ANNOUNCEMENT);
  for (let found = anchors.exec(text); found; found = anchors.exec(text)) {
    anchors.lastIndex = Math.max(anchors.lastIndex, scanner.read(found));
  }
  return apart(scanner.spans);
}

function apart(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && span.start < last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else merged.push(span);
  }
  return merged;
}

/** The depth of nested calls whose arguments are read again. */
const DEEPEST_CALL = 4;

class SecretScanner {
  readonly #text: string;
  readonly #gaps: Gaps;
  readonly #values: ValueReader;
  readonly #urls: UrlPasswords;
  /** Ends of the format() calls around the current place. */
  #calls: number[] = [];

  constructor(text: string, isCut: boolean) {
    this.#text = text;
    this.#urls = new UrlPasswords(text, isCut);
    this.#gaps = new Gaps(text);
    this.#values = new ValueReader(text, this.#gaps);
  }

  get spans(): readonly Span[] {
    return this.#values.spans;
  }

  /** Reads the announced value, and returns where to search for the next announcement. */
  read(found: RegExpExecArray): number {
    const { index, groups = {} } = found;
    const end = index + found[0].length;
    if (groups.call) return this.#call(groups.call.toLowerCase(), index, end);
    if (groups.password || groups.secret) return this.#named({ start: index, end }, groups.password !== undefined);
    const password = this.#urls.after(end);
    if (!password) return end;
    this.#values.add(password);
    return password.end;
  }

  /** @param isPassword its value may follow without an operator, as in SQL: PASSWORD 'x' */
  #named({ start, end: wordEnd }: Span, isPassword: boolean): number {
    const text = this.#text;
    let end = wordEnd;
    while (isDigit(text.charCodeAt(end))) end++;
    if (!endsWord(text, end)) return end;
    const keyEnd = this.#closedKey(end);
    if (keyEnd === undefined) return this.#values.string(end) ?? end;
    const gap = this.#gaps.after(keyEnd);
    const operator = operatorAt(text, gap.end, keyEnd > end || gap.end === keyEnd);
    const value = this.#gaps.after(gap.end + (operator?.length ?? 0));
    const hasGap = value.end > keyEnd;
    if (operator === undefined && !hasGap) return end;
    if (closesAround(text, value.end)) return this.#behindString(runEnd(text, value.end, "'"));
    const read = operator === undefined ? this.#withoutOperator(value.end, start, isPassword) : undefined;
    if (operator === undefined) return read ?? end;
    const quoted = this.#values.string(value.end) ?? this.#values.doubleQuotes(value.end);
    if (quoted !== undefined) return quoted;
    if (value.hasLineEnd || !this.#isAssigned(operator, start)) return end;
    return this.#values.call(value.end) ?? this.#bare(value.end, start);
  }

  /** The value joined to the string that ends there with its name, or the next argument. */
  #behindString(end: number): number {
    if (this.#text[end] !== ",") return this.#values.joinedTo(end);
    return this.#values.string(this.#gaps.after(end + 1).end) ?? end;
  }

  /** Reads a value after PASSWORD in SQL, or after a word of a command line or of psql. */
  #withoutOperator(at: number, start: number, isPassword: boolean): number | undefined {
    const before = this.#text.slice(Math.max(0, start - LONGEST_BEFORE), start);
    const isOption = /[(,]\s*["']*\w*$/.test(before);
    const string = isPassword || isOption ? this.#values.string(at) : undefined;
    if (string !== undefined) return string;
    const isFlag = /(?:^|[\s"'])--?[\w-]*$/.test(before) || /\\set(?:env)?\s+\w*$/.test(before);
    // The quotes were forgotten, or are of the wrong kind.
    const isForgotten = isPassword && OF_ROLE.test(before.slice(before.lastIndexOf(";") + 1));
    if (!isFlag && !isForgotten) return undefined;
    const quoted = this.#values.string(at) ?? this.#values.doubleQuotes(at);
    if (quoted !== undefined) return quoted;
    const first = this.#text[at] ?? "";
    return (isFlag ? /^[^-\s]$/ : /^\w$/).test(first) ? this.#bare(at, start) : undefined;
  }

  /** True if a value without quotes can follow: after "=", and after TO if the name is a setting's. */
  #isAssigned(operator: string, start: number): boolean {
    if (/^to$/i.test(operator)) return /\.\w*$/.test(this.#text.slice(Math.max(0, start - LONGEST_BEFORE), start));
    return operator === "=" || operator === "%3D";
  }

  #bare(at: number, keyStart: number): number {
    const text = this.#text;
    if (NO_VALUE.test(text.slice(at, at + LONGEST_NO_VALUE))) return at;
    let start = keyStart;
    while (start > 0 && keyStart - start < LONGEST_BEFORE && isWordPart(text.charCodeAt(start - 1))) start--;
    return this.#values.bare(at, /^[?&]$/.test(text[start - 1] ?? ""));
  }

  /** The offset after the quotes that close the name; undefined if they open the value instead: PASSWORD'x'. */
  #closedKey(at: number): number | undefined {
    const text = this.#text;
    const quote = runEnd(text, at, "\\");
    if (text[quote] === '"') return runEnd(text, quote, '"');
    if (text[quote] === "]") return quote + 1;
    if (text[quote] !== "'") return at;
    const end = runEnd(text, quote, "'");
    return quote > at || end >= text.length || /^[\s,:;=)}\]|"]$/.test(text[end] ?? "") ? end : undefined;
  }

  #call(name: string, start: number, end: number): number {
    const text = this.#text;
    if (start > 0 && isWordPart(text.charCodeAt(start - 1))) return end;
    const open = this.#gaps.after(end).end;
    if (text[open] !== "(" || !endsWord(text, end)) return end;
    const first = this.#gaps.after(open + 1).end;
    if (name === "crypt") return this.#values.string(first) ?? end;
    const quoted = readString(text, first);
    if (!quoted) return end;
    const content = text.slice(quoted.content.start, quoted.content.end);
    if (name === "format") return this.#format(open, content, quoted.content.start);
    const comma = this.#gaps.after(quoted.end).end;
    if (text[comma] !== "," || !TELLING_SETTING.test(content)) return quoted.end;
    const value = this.#gaps.after(comma + 1).end;
    return this.#values.string(value) ?? this.#values.call(value) ?? quoted.end;
  }

  /** Reads the arguments that format() inserts after a word that announces them. */
  #format(open: number, format: string, contentStart: number): number {
    const chosen = new Set(announcedArguments(format));
    this.#calls = this.#calls.filter((end) => end > open);
    if (chosen.size === 0 || this.#calls.length >= DEEPEST_CALL) return contentStart;
    this.#calls.push(this.#values.chosenArguments(open, (number) => chosen.has(number)));
    return contentStart;
  }
}

/** How many characters before a word are checked. */
const LONGEST_BEFORE = 100;

const OF_ROLE = /\b(?:create|alter)\s+(?:role|user)\b/i;
const TELLING_SETTING = /pass|pwd|secret|token|key|credential/i;

/** Text in place of a value that is no value itself: a parameter, a psql variable, a keyword. */
const NO_VALUE = /^(?:\$\d+|:['"]|null\b|default\b|any\s*\()/i;
const LONGEST_NO_VALUE = 16;

/** @param isBeside true if a colon there belongs to the name; `PASSWORD :'x'` is a psql variable */
function operatorAt(text: string, at: number, isBeside: boolean): string | undefined {
  for (const operator of ["=>", ":=", "=", "%3D"]) if (text.startsWith(operator, at)) return operator;
  if (text[at] === ":" && text[at + 1] !== ":" && isBeside) return ":";
  return /^to$/i.test(text.slice(at, at + 2)) && endsWord(text, at + 2) ? text.slice(at, at + 2) : undefined;
}

/**
 * True if the quotes there close a string around the name and do not open the value: a `||`, or the end of that string,
 * follows. A password could contain `', x'` too, but not with white space after it.
 */
function closesAround(text: string, at: number): boolean {
  if (text[at] !== "'") return false;
  const end = runEnd(text, at, "'");
  return /^(?:\s*\|\||[,);](?:\s|'|$))/.test(text.slice(end, end + 10));
}

/** The numbers, 0 for the format itself, of the arguments that follow a word that announces them. */
function announcedArguments(format: string): number[] {
  const announced: number[] = [];
  let next = 0;
  for (const spec of format.matchAll(/%(?:(\d{1,4})\$)?[-\d*]{0,8}([sIL%])/g)) {
    if (spec[2] === "%") continue;
    next = spec[1] === undefined ? next + 1 : Number(spec[1]);
    if (ANNOUNCED.test(format.slice(Math.max(0, spec.index - LONGEST_BEFORE), spec.index))) announced.push(next);
  }
  return announced;
}

const ANNOUNCED = new RegExp(
  `(?:${PASSWORD_WORD}|${SECRET_WORD})["'\\\\]{0,8}\\s{0,20}(?:=>|:=|=|:|to)?\\s{0,20}[e'"\\\\]{0,8}$`,
  "i",
);
