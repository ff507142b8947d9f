import { quoteText } from "../../core/sql/quote.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { type ConcurrentCreate, concurrentIndex } from "../../core/statements/concurrent-index.ts";
import { concurrentReindex } from "../../core/statements/reindex.ts";
import { ServerFailure } from "../../ports/session.ts";
import { type FoundIndex, findIndex, NOTED, noteSql, readIndexes, type TableIndexes } from "../catalog/indexes-sql.ts";
import { BEFORE_SETTING, type IndexesBefore } from "../history/journal.ts";
import { localLimitsAlone, runAlone, type StatementRun } from "./one-statement.ts";
import { dropLeftovers, leftoversSql } from "./reindex-leftovers.ts";

/** What the catalog shows about a started statement whose outcome is unknown. */
export type Verdict =
  /** It took effect. */
  | "done"
  /** It left nothing behind that would make a second run fail. */
  | "not-done"
  /** The catalog does not show it. */
  | "unknown";

/** Commands that may simply run again: the second run completes the first. */
const REPEATABLE = /^(VACUUM|ANALYZE|REINDEX|CLUSTER|ALTER\s+SYSTEM)\b/i;

/** The SQLSTATE of a lock timeout: the step is retried later. */
const BUSY = "55P03";

/**
 * SQL that notes the state before an index statement, for the transaction that records the statement as started; the
 * search path is pgstep's own afterwards. Undefined for other statements.
 * @param chosen the name and definition chosen for an index that the statement does not name, if known
 */
export function noteBeforeSql(statement: Statement, chosen: IndexesBefore | undefined): string | undefined {
  const about = concurrentIndex(statement);
  const reindex = concurrentReindex(statement);
  let name = reindex?.name;
  let indexes = reindex && leftoversSql(reindex);
  if (about) {
    name = about.action === "create" ? about.table : about.index;
    indexes = `FROM pg_index i WHERE i.${about.action === "create" ? "indrelid" : "indexrelid"} = ${NOTED}`;
  }
  if (indexes === undefined) return undefined;
  const before = `json_build_object('oids', COALESCE((SELECT json_agg(i.indexrelid::text) ${indexes}), '[]'), 'name', ${quoteText(chosen?.name ?? null)}::text, 'definition', ${quoteText(chosen?.definition ?? null)}::text)`;
  return `${noteSql(name)} SET LOCAL search_path = pg_catalog, pg_temp; SELECT set_config('${BEFORE_SETTING}', ${before}::text, true)`;
}

/**
 * Finds out whether a statement took effect. Drops the INVALID index of a failed CREATE INDEX CONCURRENTLY.
 * @throws ServerFailure as for a lock timeout when another session may be building the index now
 */
export async function resolveDoubt(of: StatementRun, statement: Statement, before: IndexesBefore): Promise<Verdict> {
  const reindex = concurrentReindex(statement);
  if (reindex) await dropLeftovers(of, reindex, before.oids ?? []);
  if (REPEATABLE.test(statement.text)) return "not-done";
  const about = concurrentIndex(statement);
  if (!about) return "unknown";
  if (about.action === "create") return await resolveCreate(of, statement, about, before);
  const oid = await findIndex(of.run.session, about.index);
  // Without an index of that name the statement was refused, and will be again.
  if (oid === undefined) return before.oids?.length === 0 ? "not-done" : "done";
  // Another index has the name now: the same one after a REINDEX, or a new one after it was dropped.
  return before.oids === undefined || before.oids.includes(oid) ? "not-done" : "unknown";
}

/** Drops an INVALID index with the name that the statement gives: it would make the statement fail or be skipped. */
export async function dropInvalidNamesake(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
): Promise<void> {
  const { indexes } = await read(of, statement, about);
  const namesake = about.index !== undefined && named(indexes, about.index);
  if (namesake && !namesake.valid) await dropInvalid(of, namesake);
}

async function resolveCreate(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
  before: IndexesBefore,
): Promise<Verdict> {
  const there = await read(of, statement, about);
  const chosen = before.name ? named(there.indexes, before.name) : undefined;
  if (chosen && !chosen.valid && chosen.definition === before.definition) {
    await dropInvalid(of, chosen);
    return "not-done";
  }
  if (about.index !== undefined) return await resolveNamed(of, statement, about, { there, before });
  if (before.name) {
    if (!chosen) return "not-done";
    return chosen.valid && chosen.definition === before.definition ? "done" : "unknown";
  }
  return await resolveUnnamed(of, statement, about, { there, before });
}

interface Found {
  readonly there: TableIndexes;
  readonly before: IndexesBefore;
}

async function resolveNamed(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
  { there, before }: Found,
): Promise<Verdict> {
  const namesake = named(there.indexes, about.index ?? "");
  if (!namesake) return "not-done";
  if (!namesake.valid) {
    await dropInvalid(of, namesake);
    return "not-done";
  }
  // The server skips or refuses the statement now, as it did or would have done the first time.
  if (about.ifNotExists || before.oids?.includes(namesake.oid)) return "not-done";
  const wanted = await tryDefinition(of, statement, about);
  return wanted !== undefined && wanted === namesake.definition ? "done" : "unknown";
}

/** For a statement without a known index name: looks for a new index with the same definition. */
async function resolveUnnamed(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
  { there, before }: Found,
): Promise<Verdict> {
  const oids = before.oids ?? [];
  const candidates = there.indexes.filter((index) => !oids.includes(index.oid));
  if (candidates.length === 0) {
    if (there.builder !== null) throw beingBuilt(`an index of ${about.table}`, there.builder);
    return "not-done";
  }
  const wanted = await tryDefinition(of, statement, about);
  if (wanted === undefined || candidates.some((index) => index.definition === null)) return "unknown";
  const [first, ...more] = candidates.filter((index) => index.definition === wanted);
  if (!first) return "not-done";
  // REINDEX CONCURRENTLY gives an old index a new oid.
  const vanished = oids.some((oid) => !there.indexes.some((index) => index.oid === oid));
  if (more.length > 0 || vanished) return "unknown";
  if (first.valid) return "done";
  await dropInvalid(of, first);
  return "not-done";
}

/** @throws ServerFailure as for a lock timeout when another session may be building it */
async function dropInvalid(of: StatementRun, { qualified, builder }: FoundIndex): Promise<void> {
  if (builder !== null) throw beingBuilt(qualified, builder);
  await runAlone(of, `DROP INDEX CONCURRENTLY IF EXISTS ${qualified}`);
}

function beingBuilt(index: string, builder: string): ServerFailure {
  return new ServerFailure({
    severity: "ERROR",
    code: BUSY,
    message: `${builder}, holds a lock under which it may be building ${index}`,
  });
}

/** The definition that the server would give the index; undefined if the trial is impossible. */
async function tryDefinition(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
): Promise<string | undefined> {
  const tried = await tryIndex(of, statement, about, 1);
  return tried?.definition ?? undefined;
}

/**
 * The name and definition that the server would choose for an index without a name. Undefined if that cannot be tried,
 * for example without the privilege to create temporary tables. An index with a name cannot be built twice, however
 * late a copy of the statement arrives.
 */
export async function chooseName(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
): Promise<{ readonly name: string; readonly definition: string } | undefined> {
  for (let trials = 1; ; trials++) {
    const tried = await tryIndex(of, statement, about, trials);
    if (!tried || tried.crowded || tried.definition === null) return undefined;
    if (tried.name !== null) return { name: tried.name, definition: tried.definition };
  }
}

/** Errors unrelated to the trial: a lock timeout, a deadlock, a cancel, a shutdown. */
const BESIDE = /^(55P03|40P01|57...)$/;

async function tryIndex(
  of: StatementRun,
  statement: Statement,
  about: ConcurrentCreate,
  trials: number,
): Promise<TableIndexes["trial"]> {
  try {
    return (await read(of, statement, about, trials)).trial;
  } catch (error) {
    if (error instanceof ServerFailure && !BESIDE.test(error.server.code)) return undefined;
    throw error;
  }
}

function read(of: StatementRun, statement: Statement, about: ConcurrentCreate, trials = 0): Promise<TableIndexes> {
  return readIndexes(of.run.session, localLimitsAlone(of, statement.text), about, trials);
}

function named(indexes: readonly FoundIndex[], name: string): FoundIndex | undefined {
  // PostgreSQL truncates names to 63 bytes, never inside a character.
  let stored = name;
  while (Buffer.byteLength(stored) > 63) stored = [...stored].slice(0, -1).join("");
  return indexes.find((index) => index.name === stored);
}
