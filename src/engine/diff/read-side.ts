import { dumpEntries } from "../../core/backup/dump-entries.ts";
import { asOnServer } from "../../core/diff-sides/older-server.ts";
import { type EntryObject, type SchemaSide, schemaSide } from "../../core/diff-sides/side.ts";
import type { Session } from "../../ports/session.ts";
import { dumpIdentified } from "../dump/dump-schema.ts";
import { readFacts } from "../schema/read-schema.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { inSnapshot } from "../session/own-transaction.ts";
import { ownObjects } from "../shadow/prove-downs.ts";

/**
 * Reads the whole schema: as pg_dump writes it, and as the model describes it.
 * @param major the major version of the server that the statements are for
 * @throws ServerFailure, ConnectionLost, Failure dump-failed
 */
export async function readSide(context: DatabaseContext, session: Session, major: number): Promise<SchemaSide> {
  const { text, found } = await inSnapshot(session, async () => {
    const dumped = await dumpIdentified(context, session);
    return { text: dumped, found: await objectsOf(session, dumpEntries(dumped)) };
  }, []);
  const facts = await readFacts(session, ownObjects(context), undefined);
  const [row] = await session.query("SELECT pg_catalog.quote_ident(current_user) AS login");
  const objectOf = (catalog: string, oid: string) => found.get(`${catalog} ${oid}`);
  return asOnServer(schemaSide(dumpEntries(text), objectOf, facts, String(row?.login)), major);
}

type Row = readonly [catalog: string, oid: string, kind: string, identity: string, within: string | null];

/** The relation that contains the object of a row. */
const WITHIN = `CASE o.class
 WHEN 'pg_constraint'::regclass THEN (SELECT NULLIF(k.conrelid, 0)::regclass::text FROM pg_constraint k WHERE k.oid = o.id)
 WHEN 'pg_attrdef'::regclass THEN (SELECT d.adrelid::regclass::text FROM pg_attrdef d WHERE d.oid = o.id)
 WHEN 'pg_trigger'::regclass THEN (SELECT t.tgrelid::regclass::text FROM pg_trigger t WHERE t.oid = o.id)
 WHEN 'pg_rewrite'::regclass THEN (SELECT w.ev_class::regclass::text FROM pg_rewrite w WHERE w.oid = o.id)
 WHEN 'pg_policy'::regclass THEN (SELECT y.polrelid::regclass::text FROM pg_policy y WHERE y.oid = o.id)
 WHEN 'pg_statistic_ext'::regclass THEN (SELECT s.stxrelid::regclass::text FROM pg_statistic_ext s WHERE s.oid = o.id)
 WHEN 'pg_class'::regclass THEN COALESCE((SELECT i.indrelid::regclass::text FROM pg_index i WHERE i.indexrelid = o.id),
  (SELECT d.refobjid::regclass::text FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.id AND d.deptype = 'i'
   AND d.refclassid = o.class AND d.refobjsubid > 0)) END`;

/** Must be called in a transaction of `inSnapshot`. */
export async function objectsOf(
  session: Session,
  entries: readonly { readonly catalog: string; readonly oid: string }[],
): Promise<ReadonlyMap<string, EntryObject>> {
  const rows = entries.filter(({ catalog }) => catalog !== "0").map(({ catalog, oid }) => `(${catalog},${oid})`);
  if (rows.length === 0) return new Map();
  const [row] =
    await session.query(`SELECT COALESCE(json_agg(json_build_array(o.class::oid::text, o.id::text, i.type, i.identity, ${WITHIN})), '[]')::text AS row
 FROM (SELECT c.class::oid::regclass AS class, c.id::oid AS id FROM (VALUES ${rows.join(",")}) AS c(class, id)) o,
 LATERAL pg_identify_object(o.class, o.id, 0) i WHERE i.identity IS NOT NULL`);
  const found = jsonAnswer<Row[]>(row?.row, ["list of", ["parts", ["text", "text", "text", "text", "text?"]]]);
  return new Map(
    found.map(([catalog, oid, kind, identity, within]) => [
      `${catalog} ${oid}`,
      { kind, identity, within: within ?? undefined },
    ]),
  );
}
