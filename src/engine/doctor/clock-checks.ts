import { type Check, good, warning } from "../../core/reports/diagnosis.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";

/** A larger difference is not caused by the network. */
const TOLERANCE_MS = 5_000;

/** Compares the server's clock, which the history uses, with this machine's, which logs use. */
export async function* clockChecks({ clock }: DatabaseContext, session: Session): AsyncGenerator<Check> {
  const before = clock.now().getTime();
  const [row] = await session.query(
    readSql("SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::int8::text AS server_ms"),
  );
  const after = clock.now().getTime();
  const serverMs = Number(row?.server_ms);
  const aheadMs = serverMs > after ? serverMs - after : Math.min(0, serverMs - before);
  if (Math.abs(aheadMs) <= TOLERANCE_MS) {
    yield good("clock", "the server's and this machine's agree");
    return;
  }
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const how = aheadMs > 0 ? "ahead of" : "behind";
  yield warning("clock", `the server's is ${seconds} s ${how} this machine's`, "Synchronize both clocks with NTP.");
}
