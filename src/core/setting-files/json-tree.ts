import { Failure } from "../failure/failure.ts";
import { placeAt } from "./file-place.ts";

/** A value of a JSON text, with its offset in the text. */
export type JsonNode = { readonly offset: number } & (
  | { readonly kind: "object"; readonly members: readonly JsonMember[] }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" }
);

export interface JsonMember {
  readonly key: string;
  /** The offset of the key. */
  readonly offset: number;
  readonly value: JsonNode;
}

/**
 * Reads JSON (RFC 8259) that may contain comments of both kinds, trailing commas and a byte order mark. Keeps both
 * members if a key appears twice.
 * @throws Failure settings, with the place in the file of that path
 */
export function parseJsonTree(text: string, path: string): JsonNode {
  const reader = new Reader(text, path);
  if (text.startsWith("\ufeff")) reader.offset++;
  const node = reader.value(0);
  reader.skip();
  if (reader.offset < text.length) throw reader.problem("there is text after the JSON value");
  return node;
}

const DEEPEST = 100;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const BLANK = /[ \t\r\n]+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
/** A part of a string, up to its end or to an invalid character. */
const PIECE = /[^"\\\p{Cc}]+|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy;

class Reader {
  readonly #text: string;
  readonly #path: string;
  offset = 0;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  skip(): void {
    while (this.#take(BLANK) !== undefined) {
      // Several may follow one another.
    }
    if (this.#text.startsWith("/*", this.offset)) throw this.problem("the comment is not closed");
  }

  value(depth: number): JsonNode {
    this.skip();
    if (depth > DEEPEST) throw this.problem("it is nested too deeply");
    const { offset } = this;
    const next = this.#text[offset];
    if (next === "{") return { offset, kind: "object", members: this.#list("}", () => this.#member(depth)) };
    if (next === "[") return { offset, kind: "array", items: this.#list("]", () => this.value(depth + 1)) };
    if (next === '"') return { offset, kind: "string", value: this.#string() };
    const number = this.#take(NUMBER);
    if (number !== undefined) return { offset, kind: "number", value: Number(number) };
    const word = this.#take(WORD);
    if (word === "null") return { offset, kind: "null" };
    if (word === "true" || word === "false") return { offset, kind: "boolean", value: word === "true" };
    this.offset = offset;
    throw this.problem(next === undefined ? "a value is missing at its end" : "no value starts here");
  }

  /** The items between the bracket here and its closing one. */
  #list<Item>(close: string, item: () => Item): Item[] {
    const open = this.offset++;
    const items: Item[] = [];
    for (;;) {
      this.skip();
      if (this.#text[this.offset] === close) break;
      items.push(item());
      this.skip();
      if (this.#text[this.offset] === close) break;
      if (this.#text[this.offset] !== ",") {
        if (this.offset < this.#text.length) throw this.problem(`a comma or ${close} is missing here`);
        this.offset = open;
        throw this.problem("this bracket is not closed");
      }
      this.offset++;
    }
    this.offset++;
    return items;
  }

  #member(depth: number): JsonMember {
    const { offset } = this;
    if (this.#text[offset] !== '"') throw this.problem("a key in double quotes is missing here");
    const key = this.#string();
    this.skip();
    if (this.#text[this.offset] !== ":") throw this.problem("the colon after the key is missing");
    this.offset++;
    return { key, offset, value: this.value(depth + 1) };
  }

  #string(): string {
    const start = this.offset++;
    while (this.#take(PIECE) !== undefined) {
      // Piece by piece, to stop at the first error.
    }
    const end = this.#text[this.offset];
    if (end === '"') {
      this.offset++;
      return JSON.parse(this.#text.slice(start, this.offset)) as string;
    }
    if (end === "\\") throw this.problem("JSON has no such escape");
    if (end !== undefined && end !== "\n" && end !== "\r") {
      throw this.problem("a control character must be written as an escape");
    }
    this.offset = start;
    throw this.problem("the quote is not closed on its line");
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.offset += found.length;
    return found;
  }

  problem(what: string): Failure {
    return new Failure("settings", `Cannot read ${this.#path}: ${what}`, {
      place: placeAt(this.#path, this.#text, this.offset),
      hint: "Write JSON; comments and trailing commas are allowed.",
    });
  }
}
