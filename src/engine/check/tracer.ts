import { quoteText } from "../../core/sql/quote.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { LOCK_MODES, type LockMode, stronger } from "../../core/trace/lock-modes.ts";
import type { Relation, Touch, TracedFile, TracedStatement, Tree } from "../../core/trace/trace.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import type { StatementWatch } from "../session/statement-watch.ts";

/** What was last seen of a relation within a transaction. */
interface Sight {
  /** The name of the file that holds its rows. */
  readonly fileNode: number;
  /** How often its rows were read from end to end. */
  readonly scans: number;
  readonly lock: LockMode | undefined;
}

/**
 * Records what each statement of a trial run does to the relations that existed before its file: the locks that the
 * transaction holds, rows written anew, rows read from end to end, changed columns. It asks the server after each
 * statement, inside the transaction, where locks are still held and the counters of this transaction are not yet sent
 * to the statistics. The counters survive a transaction for a while, so each transaction begins by reading them.
 */
export class Tracer implements StatementWatch {
  readonly files: TracedFile[] = [];
  readonly #parse: (text: string) => Tree | undefined;
  /** The tables of pgstep itself, which every run locks. */
  readonly #own: ReadonlySet<string>;
  #relations = new Map<number, Relation>();
  /** Relations with a higher oid were made by the current file. */
  #newestOid = 0;
  #current:
    | { readonly path: string; readonly before: Map<number, Relation>; readonly statements: TracedStatement[] }
    | undefined;
  #seen = new Map<number, Sight>();

  /** @param own the tables of pgstep, "schema.name" without quotes */
  constructor(parse: (text: string) => Tree | undefined, own: readonly string[]) {
    this.#parse = parse;
    this.#own = new Set(own);
  }

  async began(session: Session, path: string): Promise<void> {
    await ifPossible(async () => {
      if (this.#current?.path !== path) await this.#enter(session, path);
      this.#seen = new Map();
      const [row] = await session.query(countersSql(this.#newestOid));
      for (const [oid, fileNode, scans] of jsonAnswer<[number, number, number][]>(row?.seen, COUNTERS)) {
        this.#seen.set(oid, { fileNode, scans, lock: undefined });
      }
    });
  }

  async ran(session: Session, statement: Statement, isAlone: boolean): Promise<void> {
    await ifPossible(async () => {
      const [row] = await session.query(traceSql(this.#newestOid));
      const touches = jsonAnswer<LockedRelation[]>(row?.seen, LOCKED).flatMap((one) => this.#touch(one));
      this.#add(statement, touches, isAlone);
    });
  }

  async ranOutside(session: Session, path: string, statement: Statement): Promise<void> {
    if (this.#current?.path !== path) await this.#enter(session, path);
    this.#add(statement, [], true);
  }

  /** Ends the current file. The session must not be in a transaction. */
  async finish(session: Session): Promise<void> {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    await this.#readNew(session);
    const { path, before, statements } = current;
    this.files.push({ path, before, statements, after: new Map(this.#relations) });
  }

  async #enter(session: Session, path: string): Promise<void> {
    if (this.#current) await this.finish(session);
    else await this.#readNew(session);
    this.#current = { path, before: new Map(this.#relations), statements: [] };
  }

  /** Reads the relations that were made since the last file. */
  async #readNew(session: Session): Promise<void> {
    const [row] = await session.query(relationsSql(this.#newestOid));
    for (const facts of jsonAnswer<RelationFacts[]>(row?.seen, ["list of", RELATION])) {
      const relation = relationOf(facts);
      this.#newestOid = Math.max(this.#newestOid, relation.oid);
      if (!this.#own.has(`${relation.schema}.${relation.name}`)) this.#relations.set(relation.oid, relation);
    }
  }

  #touch([oid, modes, fileNode, scans, facts]: LockedRelation): Touch[] {
    const before = this.#relations.get(oid);
    if (!before) return [];
    const seen = this.#seen.get(oid);
    const lock = modes.map(modeOf).reduce<LockMode | undefined>(stronger, undefined) ?? "AccessShare";
    const isGone = fileNode === null;
    const after = isGone ? undefined : facts ? unlessEqual(before, relationOf(facts)) : before;
    if (after) this.#relations.set(oid, after);
    else this.#relations.delete(oid);
    this.#seen.set(oid, { fileNode: fileNode ?? 0, scans: scans ?? 0, lock });
    const isRewritten = !isGone && seen !== undefined && fileNode !== seen.fileNode;
    const isScanned = !isGone && (scans ?? 0) > (seen?.scans ?? 0);
    const isNews = lock !== seen?.lock || isRewritten || isScanned || after !== before;
    return isNews ? [{ before, after, lock, held: seen?.lock, rewritten: isRewritten, scanned: isScanned }] : [];
  }

  #add(statement: Statement, touches: readonly Touch[], alone: boolean): void {
    const statements = this.#current?.statements;
    statements?.push({
      statement,
      number: statements.length + 1,
      tree: this.#parse(statement.text),
      touches,
      alone,
    });
  }
}

/** A statement that failed leaves a transaction in which nothing can be read; the run itself reports it. */
async function ifPossible(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
  }
}

function unlessEqual(known: Relation, read: Relation): Relation {
  return JSON.stringify(known) === JSON.stringify(read) ? known : read;
}

function modeOf(mode: string): LockMode {
  return LOCK_MODES.find((one) => `${one}Lock` === mode) ?? "AccessShare";
}

type ColumnFacts = readonly [number: number, name: string, type: string, required: boolean, filled: boolean];
type RelationFacts = readonly [
  oid: number,
  kind: string,
  schema: string,
  name: string,
  columns: readonly ColumnFacts[] | null,
];
/** The file node is null for a relation that is dropped. */
type LockedRelation = readonly [
  oid: number,
  modes: readonly string[],
  fileNode: number | null,
  scans: number | null,
  facts: RelationFacts | null,
];

const COUNTERS: Shape = ["list of", ["parts", ["number", "number", "number"]]];
const RELATION: Shape = [
  "parts",
  [
    "number",
    "text",
    "text",
    "text",
    ["maybe", ["list of", ["parts", ["number", "text", "text", "boolean", "boolean"]]]],
  ],
];
const LOCKED: Shape = [
  "list of",
  ["parts", ["number", ["list of", "text"], "number?", "number?", ["maybe", RELATION]]],
];

function relationOf([oid, kind, schema, name, columns]: RelationFacts): Relation {
  return {
    oid,
    kind,
    schema,
    name,
    columns: (columns ?? []).map(([number, column, type, required, filled]) => ({
      number,
      name: column,
      type,
      required,
      filled,
    })),
  };
}

/** The first oid that initdb does not assign. */
const FIRST_OID = 16_384;
const KINDS = ["r", "p", "m", "v", "f"].map(quoteText).join(", ");

/** A relation `c` in the schema `n`, as `RelationFacts`. A type's name does not depend on the search path. */
const RELATION_SQL = `json_build_array(c.oid::int8, c.relkind, n.nspname, c.relname,
 (SELECT json_agg(json_build_array(attnum, attname, CASE WHEN tn.nspname = 'pg_catalog' THEN format_type(atttypid, atttypmod) ELSE tn.nspname || '.' || typname END,
 attnotnull, atthasdef OR attidentity <> '') ORDER BY attnum)
 FROM pg_attribute JOIN pg_type t ON t.oid = atttypid JOIN pg_namespace tn ON tn.oid = typnamespace
 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))`;

function relationsSql(newest: number): string {
  return `SELECT COALESCE(json_agg(${RELATION_SQL}), '[]')::text AS seen FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE c.oid > ${Math.max(newest, FIRST_OID - 1)} AND relkind IN (${KINDS}) AND relpersistence <> 't'`;
}

function countersSql(newest: number): string {
  return `SELECT COALESCE(json_agg(json_build_array(oid::int8, relfilenode::int8, pg_stat_get_xact_numscans(oid))), '[]')::text AS seen
 FROM pg_class WHERE oid BETWEEN ${FIRST_OID} AND ${newest} AND relkind IN ('r', 'p', 'm')`;
}

function traceSql(newest: number): string {
  return `SELECT COALESCE(json_agg(json_build_array(l.oid::int8, modes, relfilenode::int8, pg_stat_get_xact_numscans(c.oid),
 CASE WHEN 'AccessExclusiveLock' = ANY(modes) AND c.oid IS NOT NULL THEN ${RELATION_SQL} END)), '[]')::text AS seen
 FROM (SELECT relation AS oid, array_agg(mode) AS modes FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
 AND granted AND relation BETWEEN ${FIRST_OID} AND ${newest} GROUP BY relation) l
 LEFT JOIN pg_class c ON c.oid = l.oid LEFT JOIN pg_namespace n ON n.oid = relnamespace
 WHERE c.oid IS NULL OR relkind IN (${KINDS})`;
}
