import type { Node } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { TracedFile, TracedStatement } from "../../core/trace/trace.ts";

/** The statements that a trial run does not send: the rules judge them by their text. */
export class UnsentStatements {
  readonly #parse: (text: string) => Promise<Node | undefined>;
  readonly #statements: { readonly path: string; readonly statement: Statement }[] = [];
  #trees: readonly (Node | undefined)[] = [];

  constructor(parse: (text: string) => Promise<Node | undefined>) {
    this.#parse = parse;
  }

  add(statement: Statement, path: string): void {
    this.#statements.push({ path, statement });
  }

  /** Must be called before `addedTo`. */
  async parse(): Promise<void> {
    this.#trees = await Promise.all(this.#statements.map(({ statement }) => this.#parse(statement.text)));
  }

  /** The file with those of its statements that were not sent, in order. */
  addedTo(file: TracedFile): TracedFile {
    const unseen = { number: 0, touches: [], alone: true, transaction: 0, lost: [] };
    const unsent = this.#statements.flatMap(({ path, statement }, index): TracedStatement[] =>
      path === file.path ? [{ ...unseen, statement, tree: this.#trees[index] }] : [],
    );
    if (unsent.length === 0) return file;
    // Outside a transaction, a statement without effect was sent instead.
    const sent = file.statements.filter((one) => !unsent.some((other) => compare(one, other) === 0));
    const statements = [...sent, ...unsent].sort(compare);
    return { ...file, statements: statements.map((one, index) => ({ ...one, number: index + 1 })) };
  }
}

function compare(
  { statement: { position: one } }: TracedStatement,
  { statement: { position: other } }: TracedStatement,
) {
  return one.line - other.line || one.column - other.column;
}
