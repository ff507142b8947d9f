import type { Settings } from "../../core/configuration/settings.ts";
import {
  type AppliedVersion,
  headText,
  type SchemaChoice,
  type SchemaHead,
  type SchemaSource,
} from "../../core/dump/schema-file.ts";
import { Failure, finding } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";
import { writeDuration } from "../../core/text/duration.ts";
import type { SchemaDump, SchemaDumpRequest } from "../../ports/schema-dump.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { ROW_SETTINGS } from "../backup/snapshot.ts";
import { tableNames } from "../history/history-table.ts";
import { type DatabaseState, readState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inSnapshot } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { chooseRelations, type RowTable, rowTables } from "./choose-relations.ts";
import { dumpRows } from "./dump-rows.ts";

/** A schema as text, below the lines that describe it. */
export interface DumpedSchema {
  readonly head: SchemaHead;
  readonly text: string;
}

/**
 * Dumps the schema of the database, without pgstep's own tables.
 * @param choice the rows as typed
 * @param accept throws if it cannot use a schema of this major version
 * @throws Failure dump-failed, usage for a table that does not exist, and those of connecting
 */
export function dumpSchema(
  context: DatabaseContext,
  source: SchemaSource,
  choice: SchemaChoice,
  accept: (major: number) => void = () => {},
): Promise<DumpedSchema> {
  const { database, settings, signal } = context;
  const doing = "dump the schema of";
  const work = async (session: Session): Promise<DumpedSchema> => {
    const dump = await context.schemaDump?.();
    if (!dump) throw new Error("no pg_dump is given");
    const major = Math.floor(session.backend.serverVersion / 10_000);
    accept(major);
    const state = await readState(session, settings);
    // One moment for pg_dump and the rows.
    const read = async (): Promise<DumpedSchema> => {
      const applied = await readApplied(session, settings, state);
      const tables = await rowTables(session, choice.rows);
      const objects = await dumpObjects(context, session, dump, choice, tables);
      const { owners, privileges } = choice;
      const head = { owners, privileges, rows: tables.map(({ sql }) => sql), source, major, applied };
      return { head, text: headText(head) + objects };
    };
    return await inSnapshot(session, read, ROW_SETTINGS).catch((error: unknown) => {
      throw dumpFailure(error, database.description, settings);
    });
  };
  return withSession(database, doing, work, signal);
}

/**
 * The entries of the whole schema with its privileges, as text that names the row of each object. Must be called in a
 * transaction of `inSnapshot`.
 */
export async function dumpIdentified(context: DatabaseContext, session: Session): Promise<string> {
  const dump = await context.schemaDump?.();
  if (!dump) throw new Error("no pg_dump is given");
  const choice = { owners: false, privileges: true, rows: [] };
  return await dumpObjects(context, session, dump, { ...choice, identified: true }, []);
}

/** The history at the moment of the dump. */
async function readApplied(session: Session, settings: Settings, state: DatabaseState): Promise<AppliedVersion[]> {
  if (!state.historyExists) return [];
  const hasChecksum = state.columns.some(({ name }) => name === "checksum");
  const rows = await session.query(
    `SELECT version::text AS version, ${hasChecksum ? "checksum::text" : "NULL"} AS checksum, description::text AS description FROM ONLY ${tableNames(settings).history}`,
  );
  return rows.map(({ version, checksum, description }) => ({
    version: String(version),
    checksum: typeof checksum === "string" ? checksum : null,
    description: typeof description === "string" ? description : "",
  }));
}

async function dumpObjects(
  context: DatabaseContext,
  session: Session,
  dump: SchemaDump,
  { owners, privileges, identified = false }: SchemaChoice & Pick<SchemaDumpRequest, "identified">,
  tables: readonly RowTable[],
): Promise<string> {
  const { settings, signal, database } = context;
  const { own, ownSchema, unreadable } = await chooseRelations(session, tableNames(settings), settings.schema);
  if (unreadable.length > 0) {
    const message = `The schema of ${database.description} lacks tables that the role may not read: ${enumeration(unreadable.map(({ schema, name }) => `${schema}.${name}`))}`;
    const hint = "Grant SELECT on the tables and USAGE on their schemas, or connect as their owner.";
    context.emit({ type: "warning", finding: finding("dump-incomplete", { message, hint }) });
  }
  const request = {
    owners,
    privileges,
    identified,
    except: [...own, ...unreadable],
    exceptSchemas: ownSchema === null ? [] : [ownSchema],
    lockTimeoutMs: settings.lockTimeoutMs,
  };
  if (tables.length === 0) return await dump.write(session, { ...request, section: "whole" }, signal);
  const before = await dump.write(session, { ...request, section: "pre-data" }, signal);
  const rows = await dumpRows(session, tables);
  const after = await dump.write(session, { ...request, section: "post-data" }, signal);
  return `${before}${rows}${withoutRepeatedSettings(after)}`;
}

/** The second part without the settings that the first part began with, but for those that a table may have changed. */
function withoutRepeatedSettings(text: string): string {
  const end = text.indexOf("\n\n");
  const changed = text
    .slice(0, end)
    .split("\n")
    .filter((line) => line.startsWith("SET default_"));
  return `${changed.join("\n")}${text.slice(end)}`;
}

/** Translates what only a dump can fail with; returns other errors unchanged. */
export function dumpFailure(error: unknown, database: string, { lockTimeoutMs }: Settings): unknown {
  if (error instanceof Failure && error.code === "dump-failed") {
    const { hint, server } = error;
    return new Failure("dump-failed", error.message.replace("the schema:", `the schema of ${database}:`), {
      cause: error,
      ...(hint && { hint }),
      ...(server && { server }),
    });
  }
  // pg_dump limits its LOCK TABLE by the statement's timeout.
  if (!(error instanceof ServerFailure && error.server.code === "57014" && lockTimeoutMs > 0)) return error;
  const waited = writeDuration(lockTimeoutMs);
  return new Failure("dump-failed", `Cannot dump the schema of ${database}: a table was locked for ${waited}`, {
    hint: "Run it at a quieter time, or wait longer: --lock-timeout 1m.",
    server: error.server,
    cause: error,
  });
}
