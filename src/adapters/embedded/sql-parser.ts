import { readFileSync } from "node:fs";
import type { Node } from "../../core/parse-tree/node.ts";
import type { Parsed, SqlParser } from "../../ports/sql-parser.ts";
import { continuesString, indexesOfBytes, indexOfCodePoint, relocate } from "./parser-positions.ts";
import { optimiseLater } from "./wasm-optimiser.ts";

/** Every runtime has it, but the types of Node 20 do not. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Instance: new (compiled: object, imports: object) => { readonly exports: object };
};

/** The module parser.js: starts one instance of the parser. */
interface ParserModule {
  default(hooks: {
    instantiateWasm(imports: object, receive: (instance: object) => void): object;
    print(): void;
    printErr(): void;
  }): Promise<ParserRuntime>;
}

/** The part of libpg_query's runtime that is used here; numbers are addresses. */
interface ParserRuntime {
  _malloc(bytes: number): number;
  _free(address: number): void;
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, address: number, bytes: number): void;
  UTF8ToString(address: number): string;
  getValue(address: number, type: "i32"): number;
}

type Start = () => Promise<ParserRuntime>;

/**
 * Loads PostgreSQL's parser from the directory `embedded` beside this program; undefined if its files are missing or
 * cannot be read.
 */
export async function loadSqlParser(
  directory: URL = new URL("./embedded/", import.meta.url),
): Promise<SqlParser | undefined> {
  try {
    await optimiseLater();
    const compiled = await WebAssembly.compile(readFileSync(new URL("parser.wasm", directory)));
    const module: ParserModule = await import(new URL("parser.js", directory).href);
    return await PgQueryParser.start(() =>
      module.default({
        instantiateWasm(imports, receive) {
          const instance = new WebAssembly.Instance(compiled, imports);
          receive(instance);
          return instance.exports;
        },
        print() {},
        printErr() {},
      }),
    );
  } catch {
    return undefined;
  }
}

const UNREAD: Parsed = { kind: "unread" };

/** So much of the answers is kept, in characters: `check` parses each statement twice. */
const KEPT_CHARACTERS = 4_000_000;

/** libpg_query: the server's own grammar and lexer, compiled to WebAssembly. */
class PgQueryParser implements SqlParser {
  readonly major: number;
  readonly #start: Start;
  #runtime: ParserRuntime | undefined;
  readonly #kept = new Map<string, Parsed>();
  #room = KEPT_CHARACTERS;

  private constructor(start: Start, runtime: ParserRuntime) {
    this.#start = start;
    this.#runtime = runtime;
    const { json } = ask(runtime, "SELECT 1");
    this.major = Math.floor((JSON.parse(json) as ParseResult).version / 10_000);
  }

  static async start(start: Start): Promise<PgQueryParser> {
    return new PgQueryParser(start, await start());
  }

  async parse(text: string): Promise<Parsed> {
    // In the parser's memory it would end the text.
    if (text.includes("\0")) return UNREAD;
    const kept = this.#kept.get(text);
    if (kept) return kept;
    this.#runtime ??= await this.#start();
    let answer: Answer;
    try {
      answer = ask(this.#runtime, text);
    } catch {
      // The stack overflowed. The instance may be damaged, so another one takes its place.
      this.#runtime = undefined;
      return UNREAD;
    }
    const { json, message, position } = answer;
    if (message === undefined) return this.#keep(text, json);
    // Only errors outside the grammar have no position: bytes of a string in another encoding than UTF-8.
    if (position === 0) return UNREAD;
    const offset = indexOfCodePoint(text, position - 1);
    const isRefusedByMistake = message.startsWith("syntax error") && continuesString(text, offset);
    return isRefusedByMistake ? UNREAD : { kind: "error", message, offset };
  }

  #keep(text: string, json: string): Parsed {
    const parsed: Parsed = { kind: "parsed", trees: () => treesOf(text, json) };
    const size = text.length + json.length;
    if (size <= this.#room) {
      this.#room -= size;
      this.#kept.set(text, parsed);
    }
    return parsed;
  }
}

interface Answer {
  /** A `ParseResult` in JSON; empty after an error. */
  readonly json: string;
  readonly message?: string;
  /** The place of the error, 1-based, in code points; 0 if it has none. */
  readonly position: number;
}

interface ParseResult {
  /** Like `server_version_num`. */
  readonly version: number;
  readonly stmts?: readonly { readonly stmt: Node }[];
}

/** Reads a `PgQueryParseResult`: tree, output and error; and a `PgQueryError`: message, 3 words, position. */
function ask(runtime: ParserRuntime, text: string): Answer {
  const word = (address: number) => runtime.getValue(address, "i32");
  const size = runtime.lengthBytesUTF8(text) + 1;
  const input = runtime._malloc(size);
  runtime.stringToUTF8(text, input, size);
  const result = runtime._wasm_parse_query_raw(input);
  runtime._free(input);
  const error = word(result + 8);
  const answer: Answer =
    error === 0
      ? { json: runtime.UTF8ToString(word(result)), position: 0 }
      : { json: "", message: runtime.UTF8ToString(word(error)), position: word(error + 16) };
  runtime._wasm_free_parse_result(result);
  return answer;
}

function treesOf(text: string, json: string): readonly Node[] {
  const { stmts = [] }: ParseResult = JSON.parse(json);
  const trees = stmts.map(({ stmt }) => stmt);
  const indexes = indexesOfBytes(text);
  if (indexes) relocate(trees, indexes);
  return trees;
}
