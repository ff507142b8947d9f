import type { Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { inTransaction } from "../session/own-transaction.ts";

/** The positions of all sequences by their oids: SQL for the last two arguments of `setval`. */
export type Sequences = Readonly<Record<string, string>>;

/** Before PostgreSQL 18 the position of a sequence that was never used is unknown; then it is the start. */
function positionsSql({ backend: { serverVersion } }: Session): string {
  const position =
    serverVersion >= 180000
      ? "(SELECT pg_catalog.concat(d.last_value, ', ', d.is_called::text) FROM pg_catalog.pg_get_sequence_data(s.seqrelid) d)"
      : "COALESCE(pg_catalog.pg_sequence_last_value(s.seqrelid) || ', true', s.seqstart || ', false')";
  return `SELECT COALESCE(pg_catalog.json_object_agg(s.seqrelid, ${position}), '{}')::text AS row FROM pg_catalog.pg_sequence s`;
}

export async function readSequences(session: Session): Promise<Sequences> {
  const [row] = await session.query(positionsSql(session));
  return jsonAnswer<Sequences>(row?.row, ["record of", "text"]);
}

/** Sets the sequences that have moved back, which a rollback does not. Those that are new since then stay. */
export async function restoreSequences(session: Session, before: Sequences): Promise<void> {
  const now = await readSequences(session);
  const moved = Object.entries(before).filter(([oid, position]) => now[oid] !== undefined && now[oid] !== position);
  if (moved.length === 0) return;
  const sets = moved.map(([oid, position]) => `SELECT pg_catalog.setval(${oid}, ${position})`);
  await inTransaction(session, sets);
}
