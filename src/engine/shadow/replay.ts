import type { Finding } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { DownOutcome, Rehearsal } from "../../core/reports/check-report.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { type DownResult, findingOf } from "./down-result.ts";
import { proveAlone } from "./prove-alone.ts";
import { DownProofs, type Reversible } from "./prove-downs.ts";
import type { InShadow } from "./shadow.ts";

/** A rehearsal, and everything that it found. */
export interface Rehearsed {
  readonly rehearsal: Rehearsal;
  readonly findings: readonly Finding[];
}

/**
 * Applies migrations to an empty database, and tests each down script: it must restore the schema, so that the
 * migration can be applied again. Failures become findings with their place in the file. A migration that cannot be
 * applied ends the rehearsal; a bad down script does not.
 * @param inShadow called again for down scripts that need a database of their own
 * @param migrations lowest version first
 * @throws Failure interrupted, terminated and those of connecting
 */
export async function rehearse(inShadow: InShadow, migrations: readonly Migration[]): Promise<Rehearsed> {
  const { database, applied, failure, run, results, alone } = await inShadow((context) =>
    applyAndProve(context, migrations),
  );
  const all = [...results, ...(alone.length > 0 ? await proveAlone(inShadow, run, alone) : [])];
  const count = (outcome: DownOutcome) => all.filter((result) => result.outcome === outcome).length;
  return {
    rehearsal: {
      database,
      applied,
      downs: {
        proved: count("proved"),
        different: count("different"),
        failed: count("failed"),
        untested: count("untested"),
      },
    },
    findings: [...all.flatMap(({ finding }) => finding ?? []), ...(failure ? [failure] : [])],
  };
}

interface Pass {
  readonly database: string;
  readonly applied: number;
  /** Why a migration could not be applied. */
  readonly failure: Finding | undefined;
  /** The migrations of the environment. */
  readonly run: readonly Migration[];
  readonly results: readonly DownResult[];
  readonly alone: readonly Reversible[];
}

async function applyAndProve(context: DatabaseContext, migrations: readonly Migration[]): Promise<Pass> {
  const { database, settings } = context;
  const run = migrations.filter(({ up }) => runsIn(up.header, settings.environment));
  const proofs = new DownProofs(context, run);
  await proofs.begin();
  const last = run.at(-1);
  const { failure, steps } = await migrate(context, last ? { to: last.version } : {}, { afterStep: proofs.afterStep });
  return {
    database: database.description,
    applied: steps.filter(({ outcome }) => outcome === "applied").length,
    failure: failure && findingOf(context, failure),
    run,
    results: proofs.results,
    alone: proofs.alone,
  };
}
