import { fingerprint, needsNormalForm, sameFormat } from "../../core/catalog/fingerprint.ts";
import type { ParseSql } from "../../core/catalog/normal-query.ts";
import type { ObjectFacts } from "../../core/catalog/schema-object.ts";
import type { LastApply } from "../../core/drift/drift-report.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { fingerprintSql, recordFingerprintSql } from "../history/journal.ts";
import { readPortableSchema } from "../schema/read-schema.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inSnapshot, inTransaction } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { ownObjects } from "../shadow/prove-downs.ts";

/** Records the fingerprint of the schema as it is now. @throws Failure of the server and of connecting */
export async function recordFingerprint(context: DatabaseContext): Promise<void> {
  const { database, settings, signal } = context;
  const work = async (session: Session) => {
    const now = await inSnapshot(session, () => fingerprintOf(context, session));
    await inTransaction(session, recordFingerprintSql(tableNames(settings), now));
  };
  await withSession(database, "record the fingerprint of", work, signal);
}

/** Compares the schema with the recorded fingerprint, in the open transaction; undefined if none is recorded. */
export async function compareWithLastApply(context: DatabaseContext, session: Session): Promise<LastApply | undefined> {
  const [row] = await session.query(fingerprintSql(tableNames(context.settings)));
  if (!row) return undefined;
  const [recorded, recordedAt] = [String(row.fingerprint), String(row.recordedAt)];
  if (!sameFormat(recorded)) return { state: "not-comparable", recordedAt };
  return { state: recorded === (await fingerprintOf(context, session)) ? "same" : "changed", recordedAt };
}

async function fingerprintOf(context: DatabaseContext, session: Session): Promise<string> {
  return fingerprint(await readPortableSchema(session, ownObjects(context), parserFor(context)));
}

/** Gives a parser of the queries in some objects, which are parsed at once. */
export function parserFor({ sqlParser }: DatabaseContext) {
  return async (objects: readonly ObjectFacts[]): Promise<ParseSql> => {
    const parser = await sqlParser?.();
    const texts = new Set(objects.filter(needsNormalForm).flatMap(({ facts }) => [facts.query, facts.definition]));
    const trees = new Map<string, unknown>();
    for (const text of texts) {
      if (typeof text !== "string" || !parser) continue;
      const parsed = await parser.parse(text);
      if (parsed.kind === "parsed") trees.set(text, parsed.trees());
    }
    return (text) => {
      const tree = trees.get(text);
      if (tree === undefined) throw new Error("the text was not parsed");
      return tree;
    };
  };
}
