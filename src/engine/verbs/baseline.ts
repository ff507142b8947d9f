import { Failure } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Step } from "../../core/migrations/plan.ts";
import { compareVersions, withVersion } from "../../core/migrations/version.ts";
import type { BaselineReport } from "../../core/reports/report.ts";
import type { Session } from "../../ports/session.ts";
import { insertRowSql, type Recording } from "../history/history-table.ts";
import { readState } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { prepareHistory } from "../run/prepare-history.ts";
import { stepReport } from "../run/run-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { readWhole } from "../step/session-settings.ts";
import { changeHistory, lookToWrite, soundMigrations } from "./open-history.ts";

/**
 * Records all migrations up to a version as applied without running them.
 * @throws Failure baseline-refused when the history already has entries, version-unknown
 */
export async function baseline(context: DatabaseContext, typed: string): Promise<BaselineReport> {
  const { settings, database } = context;
  const migrations = soundMigrations(context, "record a baseline");
  const version = withVersion(migrations, typed)?.version;
  if (version === undefined) {
    throw new Failure("version-unknown", `Cannot take ${typed} as the baseline: there is no such migration`, {
      hint: `Name the last migration whose changes the database has already; see ${settings.directory}.`,
    });
  }
  const chosen = migrations.filter(
    (migration) =>
      compareVersions(migration.version, version) <= 0 && runsIn(migration.up.header, settings.environment),
  );
  const steps = chosen.map(migrationStep);
  const report: BaselineReport = {
    type: "baseline",
    database: database.description,
    recorded: steps.map((step) => stepReport({ step }, "applied")),
  };
  const doing = "record a baseline in";
  const record = async (session: Session, lock: RunLock): Promise<BaselineReport> => {
    const state = await lookToWrite(context, session, doing, ["INSERT"]);
    if (state.history.length > 0) {
      throw new Failure(
        "baseline-refused",
        `Cannot record a baseline in ${state.name}: its history has ${state.history.length} entries already`,
        {
          hint: `Run pgstep status to see them, and pgstep up to continue from there; or record one migration: pgstep resolve ${version} --applied.`,
        },
      );
    }
    const names = await prepareHistory(context, session, state, lock);
    const rows = steps.map((step) => insertRowSql(names, step, recordedFiles(context, step)));
    await inTransaction(session, rows, lock.guard);
    return report;
  };
  const lookUp = async (session: Session): Promise<BaselineReport | string> => {
    const { history } = await readState(session, settings);
    const recorded = new Set(history.map((row) => row.version));
    return steps.every((step) => recorded.has(step.version)) ? report : "Nothing was recorded. Run the command again.";
  };
  return await changeHistory(context, { doing, lookUp }, record);
}

/** The record of a migration that is not run. */
export function recordedFiles(context: DatabaseContext, { script, down }: Step): Recording {
  return {
    checksum: script?.checksum ?? null,
    downScript: down ? readWhole(context, down.path) : null,
    toolVersion: context.toolVersion,
  };
}

export function migrationStep({ version, name, description, up, down }: Migration): Step {
  return { direction: "up", version, name, description, script: up, ...(down && { down }) };
}
