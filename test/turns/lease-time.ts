import assert from "node:assert/strict";
import type { Ground } from "../faults/support/ground.ts";

/**
 * How long a lease may be good that a command left: ARCHITECTURE.md, "Locks". Longer where a statement outside a
 * transaction was started that may not have arrived yet. One second more, for clocks.
 */
const LONGEST_SECONDS = { usually: 31, withUnfinishedStatement: 151 };

/** What a lease was like at the moment of a fault. */
export interface LeaseSeen {
  /** Whose it was; undefined when nobody's. */
  readonly owner: string | undefined;
  /** Whether the second run had ended, so that the lease can only be the hurt command's from then on. */
  readonly rivalOver: boolean;
}

export async function readLease(ground: Ground, rivalOver: boolean): Promise<LeaseSeen> {
  return { owner: (await liveLease(ground))?.owner, rivalOver };
}

/**
 * Lets the time of a lease pass that a command left when it ended, as if its term were over. Returns whether there was
 * one. Fails when its term is longer than documented.
 * @param seen tells it from the lease of a second run that is still at work; undefined where there is none
 */
export async function passLeaseTime(ground: Ground, seen: LeaseSeen | undefined): Promise<boolean> {
  const lease = await liveLease(ground);
  if (!lease) return false;
  const longest = LONGEST_SECONDS[lease.hasUnfinishedStatement ? "withUnfinishedStatement" : "usually"];
  assert.ok(lease.seconds <= longest, `the lease is good for ${lease.seconds} seconds`);
  if (seen && !seen.rivalOver && lease.owner !== seen.owner) return false;
  await ground.query(`UPDATE public.schema_migrations_lease
SET expires_at = timezone('UTC', clock_timestamp()) - interval '1 s' WHERE owner = '${lease.owner}'`);
  return true;
}

interface Lease {
  readonly owner: string;
  /** How long it is still good. */
  readonly seconds: number;
  readonly hasUnfinishedStatement: boolean;
}

async function liveLease(ground: Ground): Promise<Lease | undefined> {
  const [found] = await ground.query(
    "SELECT to_regclass('public.schema_migrations_lease') IS NOT NULL AS lease, to_regclass('public.schema_migrations_steps') IS NOT NULL AS journal",
  );
  if (!found?.lease) return undefined;
  const unfinished = found.journal
    ? "EXISTS (SELECT FROM public.schema_migrations_steps WHERE finished_at IS NULL)"
    : "false";
  const [row] = await ground.query(
    `SELECT owner, extract(epoch FROM expires_at - timezone('UTC', clock_timestamp()))::float8 AS seconds, ${unfinished} AS unfinished
FROM public.schema_migrations_lease WHERE expires_at > timezone('UTC', clock_timestamp())`,
  );
  return (
    row && {
      owner: String(row.owner),
      seconds: Number(row.seconds),
      hasUnfinishedStatement: row.unfinished === true,
    }
  );
}
