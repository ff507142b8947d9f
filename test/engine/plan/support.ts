import type { BackupPolicy } from "../../../src/core/backup/backup-report.ts";
import type { UpTarget } from "../../../src/core/migrations/plan.ts";
import type { PlannedStatement, PlanReport } from "../../../src/core/plan/plan-report.ts";
import { type PlanOptions, planRelease } from "../../../src/engine/plan/plan.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import { builtParser } from "../../support/sql-parser.ts";
import { open, type ServerWorld } from "../support.ts";

export const POLICY: BackupPolicy = {
  ...{ backup: "automatic", backupDirectory: "backups", backupKeep: 1, backupLimit: 1e9 },
  ...{ backupVerify: "contents", backupGzip: false },
};

export interface PlanWishes extends Partial<PlanOptions> {
  readonly target?: UpTarget;
  /** Called whenever a shadow database is used. */
  readonly onShadow?: () => void;
  /** Another context, for example with a database that counts. */
  readonly context?: DatabaseContext;
}

/** The plan of a world, tried in a new database of the same server. */
export async function planOf(one: ServerWorld, wishes: PlanWishes = {}): Promise<PlanReport> {
  const { target = {}, context: given = one.context, onShadow, ...options } = wishes;
  const context: DatabaseContext = { ...given, sqlParser: builtParser };
  const shadow = open((await one.server.createDatabase()).url);
  try {
    return await planRelease(context, target, {
      ...{ policy: POLICY, limitMs: 0, singleTransaction: false, smallBytes: 0 },
      inShadow: (work) => {
        onShadow?.();
        return work({ ...context, database: shadow, emit: () => {}, isRehearsal: true });
      },
      ...options,
    });
  } finally {
    await shadow.close();
  }
}

/** The planned statements of all steps. */
export function statementsOf({ steps }: PlanReport): readonly PlannedStatement[] {
  return steps.flatMap(({ statements }) => statements);
}

/** Its locks: "ACCESS EXCLUSIVE orders reads and writes". */
export function locksOf({ touches }: PlannedStatement): string[] {
  return touches.map(({ lock, relation, blocks = "nothing" }) => `${lock} ${relation} ${blocks}`);
}

/** Its findings: "error rewrites-table". */
export function foundIn({ findings }: PlanReport): string[] {
  return findings.map(({ severity, rule }) => `${severity} ${rule}`);
}
