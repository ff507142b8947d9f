import { type DumpEntry, dumpEntries } from "../../core/backup/dump-entries.ts";
import { EntryObjects, type Placed } from "../../core/diff-sides/entry-objects.ts";
import { ignoredEntries } from "../../core/diff-sides/ignored.ts";
import { type IdentifiedEntry, identified, relationsIn } from "../../core/diff-sides/side.ts";
import type { Session } from "../../ports/session.ts";
import type { Ignored } from "../drift/surroundings.ts";
import { dumpFailure, dumpIdentified } from "../dump/dump-schema.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inSnapshot } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { objectsOf } from "./read-side.ts";

/** The schema of a database as the text of pg_dump. */
export interface DatabaseText {
  readonly text: string;
  /** The object that the statement at a line creates or changes; undefined if that is not known. */
  readonly objectAt: (line: number) => string | undefined;
  /**
   * Triggers and policies on the tables of a platform, each as SQL that runs after the text. It fails where the shadow
   * database lacks the table, or has the object already.
   */
  readonly attempts: readonly string[];
}

/**
 * Reads the schema of a database, without pgstep's own tables.
 * @param ignored the objects that are left out; columns are not
 * @returns the text, and another one without the objects that patterns ignore, for a database that lacks what these need
 * @throws Failure dump-failed and those of connecting
 */
export async function databaseTexts(
  context: DatabaseContext,
  ignored: Ignored | undefined,
): Promise<readonly DatabaseText[]> {
  const { database, settings, signal } = context;
  const read = async (session: Session) => {
    const text = await dumpIdentified(context, session);
    const entries = dumpEntries(text);
    const found = await objectsOf(session, entries);
    return { text, entries: entries.map((one) => identified(one, (catalog, oid) => found.get(`${catalog} ${oid}`))) };
  };
  const work = (session: Session) =>
    inSnapshot(session, () => read(session), []).catch((error: unknown) => {
      throw dumpFailure(error, database.description, settings);
    });
  const { text, entries } = await withSession(database, "dump the schema of", work, signal);
  const preamble = text.slice(0, Math.max(text.indexOf(FIRST_ENTRY), 0));
  const objects = new EntryObjects(entries);
  if (!ignored) return [composed(preamble, entries, objects)];
  const attempts = onPlatform(entries, ignored).map(({ statements }) => `${preamble}\n${statements.join("\n")}\n`);
  return kept(entries, ignored).map((some) => ({
    ...composed(
      preamble,
      some.map((entry) => ofMigrator(entry, ignored)),
      objects,
    ),
    attempts,
  }));
}

const FIRST_ENTRY = "-- TOC entry ";

/** The entries that are not left out: those of the platform are, and the user's where they cannot be created. */
function kept(entries: readonly IdentifiedEntry[], { ignoredBy }: Ignored): (readonly IdentifiedEntry[])[] {
  const objects = new EntryObjects(entries);
  const all = entries.flatMap((entry) => objects.of(entry).slice(0, 1));
  const kinds = new Map([
    ...all.filter(({ within }) => within === null).map(({ kind, name }) => [name, kind] as const),
    ...relationsIn(all),
  ]);
  const without = (...by: readonly ("patterns" | "platform")[]) => {
    const ignored = ignoredEntries(entries, (object) => {
      const found = ignoredBy({ ...object, state: "added", details: [] }, kinds);
      return found !== undefined && by.includes(found);
    });
    return entries.filter((entry) => !ignored.has(entry));
  };
  const [least, most] = [without("patterns", "platform"), without("platform")];
  return least.length === most.length ? [most] : [most, least];
}

/** The entries that migrations may have created on the tables of a platform: see `ignoring`. */
function onPlatform(entries: readonly IdentifiedEntry[], { ignoredBy }: Ignored): IdentifiedEntry[] {
  const objects = new EntryObjects(entries);
  const by = (object: Placed, state: "added" | "missing") => ignoredBy({ ...object, state, details: [] }, new Map());
  return entries.filter((entry) =>
    objects
      .of(entry)
      .slice(0, 1)
      .some((object) => by(object, "added") === "platform" && by(object, "missing") === undefined),
  );
}

/** Owners differ from server to server: these are default privileges of the role that runs the migrations. */
function ofMigrator(entry: IdentifiedEntry, { migrator }: Ignored): IdentifiedEntry {
  if (entry.type !== "DEFAULT ACL") return entry;
  const own = `ALTER DEFAULT PRIVILEGES FOR ROLE ${migrator} `;
  const statements = entry.statements.map((sql) => sql.replace(own, () => "ALTER DEFAULT PRIVILEGES "));
  return { ...entry, statements };
}

function composed(preamble: string, entries: readonly IdentifiedEntry[], objects: EntryObjects): DatabaseText {
  let text = `${preamble}\n`;
  let line = text.split("\n").length;
  const starts: { readonly line: number; readonly entry: IdentifiedEntry }[] = [];
  for (const entry of entries) {
    starts.push({ line, entry });
    const more = `${entry.statements.join("\n")}\n\n`;
    text += more;
    line += more.split("\n").length - 1;
  }
  const objectAt = (wanted: number) => {
    const entry = starts.findLast((one) => one.line <= wanted)?.entry;
    return entry && objectWords(entry, objects);
  };
  return { text, objectAt, attempts: [] };
}

function objectWords(entry: IdentifiedEntry, objects: EntryObjects): string | undefined {
  const [object] = objects.of(entry);
  if (object) return `${object.kind} ${object.name}`;
  return entry.name === "" ? undefined : wordsOf(entry);
}

function wordsOf({ type, name }: DumpEntry): string {
  return `${type.toLowerCase()} ${name}`;
}
