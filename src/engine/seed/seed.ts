import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { compareHistory, isPending } from "../../core/migrations/history.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import type { Plan, Step } from "../../core/migrations/plan.ts";
import type { SeedReport, StepReport } from "../../core/reports/report.ts";
import type { Session } from "../../ports/session.ts";
import { byWeightAndPlace, readMigrations } from "../files/read-migrations.ts";
import { type TableNames, tableNames } from "../history/history-table.ts";
import { type DatabaseState, look, requireNoResetUnfinished, requireWritable } from "../history/read-state.ts";
import type { Inquiry } from "../run/after-loss.ts";
import { NOTHING_AROUND } from "../run/around-run.ts";
import type { Prepared } from "../run/prepared-run.ts";
import { executeLocked } from "../run/run-locked.ts";
import { stepReport } from "../run/run-scripts.ts";
import { loadScripts, refuseUnsound, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { readSeeds, type Seed } from "./read-seeds.ts";
import { readSeedRecords, type SeedRecords, seedRecord } from "./seed-records.ts";

/**
 * Runs the seeds for the chosen environment in the order of their names, each in a transaction; those that run only once
 * are left out when they have.
 * @throws Failure migrations-pending, and as `migrate`; a seed that fails is in the report
 */
export function seed(context: DatabaseContext, { dryRun = false }: { readonly dryRun?: boolean }): Promise<SeedReport> {
  const { database, fileSystem, settings, clock, emit, signal } = context;
  const started = clock.monotonicMs();
  const files = readMigrations(fileSystem, settings.directory);
  const { seeds, findings, directory } = readSeeds(fileSystem, settings);
  refuseUnsound([...files.findings, ...findings].sort(byWeightAndPlace), "run seeds");
  const seen = new Map<SqlFile, Script>();
  const names = tableNames(settings);
  const prepare = async (session: Session): Promise<Prepared> => {
    const state = await look(session, settings);
    requireNoResetUnfinished(state, "seed");
    refusePending(state);
    const records = seeds.some(({ once }) => once) ? await readSeedRecords(session, names) : NO_RECORDS;
    const wanted = seeds.filter(({ name, once }) => !(once && records.checksums.has(name)));
    const warnings = seeds.flatMap((one) => changedSeed(one, records));
    const plan: Plan = { steps: wanted.map(stepOf), skipped: [], warnings };
    const place = { names, database: state.name, placeholders: settings.placeholders };
    const loaded = await loadScripts(plan, fileSystem, session, place, seen);
    refuseUnsound([...loaded.findings, ...loaded.scripts.flatMap(mustBeTransactional)], "run seeds");
    const first = wanted.find(({ once }) => once);
    const scripts = loaded.scripts.flatMap((script, index): Script[] => {
      const own = wanted[index];
      if (!own) return [];
      return [{ ...script, seedRecord: seedRecord(names, own, own === first && !records.tableExists) }];
    });
    const alreadyApplied = seeds.length - wanted.length;
    return { state, plan, scripts, findings: loaded.findings, alreadyApplied, surroundings: NOTHING_AROUND };
  };
  const refusePending = ({ history, unfinished }: DatabaseState) => {
    const entries = compareHistory(files.migrations, history, { environment: settings.environment, unfinished });
    const pending = entries.filter(isPending).length;
    if (pending === 0) return;
    const are = pending === 1 ? "1 migration is" : `${pending} migrations are`;
    throw new Failure("migrations-pending", `Cannot seed ${database.description}: ${are} pending`, {
      hint: "Apply them first: pgstep up.",
    });
  };
  return withSession(
    database,
    "seed",
    async (session) => {
      const prepared = await prepare(session);
      for (const finding of [...findings, ...prepared.plan.warnings, ...prepared.findings]) {
        emit({ type: "warning", finding });
      }
      const nothingToRun = prepared.scripts.length === 0 || dryRun;
      if (!nothingToRun) requireWritable(prepared.state, "seed");
      emit({ type: "planned", database: database.description, plan: prepared.plan, dryRun });
      const report = (steps: readonly StepReport[], alreadyDone: number, failure?: Failure): SeedReport => ({
        type: "seed",
        database: database.description,
        directory,
        dryRun,
        steps,
        alreadyDone,
        durationMs: Math.round(clock.monotonicMs() - started),
        ...(failure && { failure }),
      });
      if (nothingToRun) {
        const steps = prepared.scripts.map((script) => stepReport(script, "not-run"));
        return report(steps, prepared.alreadyApplied);
      }
      const options = { afterLoss: askSeedRecords(seeds, names) };
      const { steps, alreadyApplied, failure } = await executeLocked(
        context,
        session,
        prepared.state,
        prepare,
        options,
      );
      return report(steps, alreadyApplied, failure);
    },
    signal,
  );
}

const NO_RECORDS: SeedRecords = { tableExists: false, checksums: new Map() };

function stepOf({ name, file }: Seed): Step {
  return {
    direction: "up",
    version: name,
    name,
    description: file.header.description?.text ?? "",
    script: file,
  };
}

function changedSeed({ name, file, once }: Seed, { checksums }: SeedRecords): Finding[] {
  const ran = checksums.get(name);
  if (!once || ran === undefined || ran === file.checksum) return [];
  return [
    finding("seed-changed", {
      message: `${name} was changed after it ran; it runs only once`,
      hint: "Put further rows into a new seed.",
      place: { path: file.path },
    }),
  ];
}

function mustBeTransactional({ path, inspection }: Script): Finding[] {
  if (inspection.mode === "transaction") return [];
  const why = inspection.because
    ? `${inspection.because} cannot`
    : inspection.blocks.length > 0
      ? "this one has transactions of its own"
      : 'with "Transaction: none" in its header it does not';
  return [
    finding("seed-transaction", {
      message: `a seed runs in a transaction, and ${why}`,
      hint: "Put it into a migration.",
      place: { path },
    }),
  ];
}

/** Only seeds that run once leave a record. */
function askSeedRecords(seeds: readonly Seed[], names: TableNames): Inquiry {
  const recorded = new Set(seeds.filter(({ once }) => once).map(({ name }) => name));
  return {
    async find(session) {
      const { checksums } = await readSeedRecords(session, names);
      return ({ version }) => (recorded.has(version) ? checksums.has(version) : undefined);
    },
    advice: "Run pgstep seed again: what runs only once is not run twice.",
  };
}
