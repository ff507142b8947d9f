import { Failure } from "../core/error.ts";
import { runsIn } from "../core/header.ts";
import type { Step } from "../core/plan.ts";
import type { BaselineReport } from "../core/report.ts";
import { compareVersions, sameVersion } from "../core/version.ts";
import type { DatabaseContext } from "./context.ts";
import { stepReport } from "./execute-plan.ts";
import { insertRowSql } from "./history-table.ts";
import { inTransaction } from "./journal.ts";
import { takeLock } from "./lock.ts";
import { look, requireNoResetUnfinished, requireWritable } from "./look.ts";
import { prepareHistory } from "./prepare-history.ts";
import { readMigrations } from "./read-migrations.ts";
import { readWhole } from "./run.ts";
import { refuseUnsound } from "./scripts.ts";
import { withSession } from "./work-session.ts";

/**
 * Records all migrations up to a version as applied without running them.
 * @throws Failure baseline-refused when there is a history already, version-unknown
 */
export async function baseline(context: DatabaseContext, version: string): Promise<BaselineReport> {
  const { settings, database } = context;
  const { migrations, findings } = readMigrations(context.fileSystem, settings.directory);
  refuseUnsound(findings, "record a baseline");
  if (!migrations.some((migration) => sameVersion(migration.version, version))) {
    throw new Failure("version-unknown", `Cannot take ${version} as the baseline: there is no such migration`, {
      hint: `Name the last migration whose changes the database has already; see ${settings.directory}.`,
    });
  }
  const chosen = migrations.filter(
    (migration) =>
      compareVersions(migration.version, version) <= 0 && runsIn(migration.up.header, settings.environment),
  );
  return withSession(
    database,
    "record a baseline in",
    async (session) => {
      const lock = await takeLock(context, session);
      const state = await look(session, settings);
      requireWritable(state, "record a baseline in");
      requireNoResetUnfinished(state, "record a baseline in");
      if (state.history.length > 0) {
        throw new Failure(
          "baseline-refused",
          `Cannot record a baseline in ${state.name}: its history has ${state.history.length} entries already`,
          {
            hint: "Run pgstep status to see them, and pgstep up to go on from there.",
          },
        );
      }
      const names = await prepareHistory(context, session, state);
      const steps = chosen.map((migration): Step => {
        const { version: own, name, description, up, down } = migration;
        return { direction: "up", version: own, name, description, script: up, ...(down && { down }) };
      });
      const rows = steps.map((step) =>
        insertRowSql(names, step, {
          checksum: step.script?.checksum ?? null,
          downScript: step.down ? readWhole(context, step.down.path) : null,
          toolVersion: context.toolVersion,
        }),
      );
      await inTransaction(session, rows);
      await lock.release();
      return {
        type: "baseline",
        database: database.description,
        recorded: steps.map((step) => stepReport({ step }, "applied")),
      };
    },
    context.signal,
  );
}
