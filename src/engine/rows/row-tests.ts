import { isMisfitOfRow } from "../../core/check/rejected.ts";
import { named } from "../../core/check/words.ts";
import type { ServerMessage } from "../../core/failure/failure.ts";
import type { TriedRows } from "../../core/reports/check-report.ts";
import { wordsOf } from "../../core/rows/losing-statements.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { TracedFile, TracedStatement } from "../../core/trace/trace.ts";
import type { AroundStep } from "../run/around-run.ts";
import type { Script } from "../script/load-scripts.ts";
import { deallocateOthers } from "../session/prepared-statements.ts";
import { readSequences, restoreSequences, type Sequences } from "../shadow/sequences.ts";
import { beginFiles, sendFile } from "../step/file-transaction.ts";
import type { Run } from "../step/session-settings.ts";
import type { Refusal } from "../step/step-result.ts";
import { makeRows, readShapes } from "./make-rows.ts";

/** A statement that fails once its table has a row. */
export interface RowMisfit {
  readonly path: string;
  readonly statement: Statement;
  readonly server: ServerMessage;
}

/** More text than this is data, not definitions. */
const LONGEST_TEXT = 256 * 1024;
const MOST_MISFITS = 5;
/** Trying a file takes longer than running it. */
const MOST_FILES = 5;

/**
 * Runs files on tables that have a row, in a transaction that is rolled back, right before they run on the tables as the
 * earlier files left them. The row obeys all constraints, so a change of definitions that fails on it fails in production
 * as well. So nothing else that is observed depends on a row that was made up.
 */
export class RowTests {
  readonly misfits: RowMisfit[] = [];
  /** The tables of which no row could be made up, as SQL names them. */
  readonly without = new Set<string>();
  /** The oids of the tables that had a row. */
  readonly #filled = new Set<number>();
  /** The paths of the files that are not tried yet. */
  readonly #waiting: Set<string>;
  readonly #own: readonly string[];

  /**
   * @param paths the examined files, in their order
   * @param own the tables of pgstep, "schema.name" without quotes
   */
  constructor(paths: readonly string[], own: readonly string[]) {
    this.#waiting = new Set(paths.slice(-MOST_FILES));
    this.#own = own;
  }

  get report(): TriedRows {
    return { tables: this.#filled.size, without: [...this.without].sort() };
  }

  /** For `EachStep`. */
  concerns({ path }: Script): boolean {
    return this.#waiting.has(path);
  }

  /** @throws ServerFailure, ConnectionLost */
  readonly beforeStep: AroundStep = async (run, script) => {
    const { path, inspection } = script;
    if (!this.#waiting.delete(path) || inspection.mode === "statements") return;
    const names = namesIn(script);
    if (names.length === 0) return;
    const without = new Set<number>();
    for (let count = 0; count < MOST_MISFITS; count++) {
      const table = await this.#try(run, script, names, without);
      if (table === undefined) return;
      without.add(table);
    }
  };

  /** @returns the oid of a table whose row a statement does not fit; undefined if there is none */
  async #try(
    run: Run,
    script: Script,
    names: readonly string[],
    without: ReadonlySet<number>,
  ): Promise<number | undefined> {
    const { session } = run;
    await beginFiles(run);
    let sequences: Sequences | undefined;
    try {
      const shapes = await readShapes(session, names, this.#own);
      if (shapes.tables.length === 0) return undefined;
      sequences = await readSequences(session);
      const { filled, empty } = await makeRows(session, shapes, without);
      for (const oid of filled) this.#filled.add(oid);
      for (const { name } of empty) this.without.add(name.replace(/^public\./, ""));
      if (filled.size === 0) return undefined;
      await deallocateOthers(session);
      const refusal = await sendFile(run, script);
      if (!refusal || !this.#note(script, refusal)) return undefined;
      const { schema, table } = refusal.kind === "refused" ? refusal.server : {};
      const wanted = schema !== undefined && table !== undefined ? named({ schema, name: table }) : undefined;
      return shapes.tables.find(({ name, oid }) => isNamed(name, wanted) && filled.has(oid))?.oid;
    } finally {
      await session.execute("ROLLBACK");
      if (sequences) await restoreSequences(session, sequences);
    }
  }

  /** @returns false for a failure that says nothing about production */
  #note({ path }: Script, refusal: Refusal): boolean {
    if (refusal.kind === "lost") throw refusal.lost;
    if (refusal.kind !== "refused" || refusal.stage.at !== "statement") return false;
    const { server, stage } = refusal;
    if (!isMisfitOfRow(server, stage.statement.text)) return false;
    this.misfits.push({ path, statement: stage.statement, server });
    return true;
  }
}

/** @param name with its schema, as the catalog quotes it @param wanted as `named` writes it */
function isNamed(name: string, wanted: string | undefined): boolean {
  return wanted !== undefined && (name === wanted || name === `public.${wanted}`);
}

/**
 * Statements whose effect on rows only a row shows: those that run others, and those that leave work for the triggers of
 * their transaction. What ALTER TABLE and CREATE INDEX demand of rows is seen in the definitions.
 */
const OPAQUE = /\b(?:do|call|select|update|delete|insert|merge|generated)\b/i;

/** The words of a file that may be names of tables; none if no row is needed. */
function namesIn({ text }: Script): string[] {
  let whole = "";
  for (const part of text()) {
    whole += part;
    if (whole.length > LONGEST_TEXT) return [];
  }
  if (!OPAQUE.test(whole)) return [];
  return wordsOf(whole);
}

/** The file with what rows that were made up have shown. */
export function withMisfits(file: TracedFile, misfits: readonly RowMisfit[]): TracedFile {
  const own = new Map(
    misfits.filter(({ path }) => path === file.path).map((one) => [one.statement.offset, one.server]),
  );
  if (own.size === 0) return file;
  const statements = file.statements.map((one): TracedStatement => {
    const found = own.get(one.statement.offset);
    return found ? { ...one, rowMisfit: { code: found.code, message: found.message } } : one;
  });
  return { ...file, statements };
}
