import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { compareHistory, isPending } from "../../core/migrations/history.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import type { Plan, Step } from "../../core/migrations/plan.ts";
import type { SeedReport } from "../../core/reports/report.ts";
import { byWeightAndPlace, readMigrations } from "../files/read-migrations.ts";
import { type TableNames, tableNames } from "../history/history-table.ts";
import { type DatabaseState, readState, requireNoResetUnfinished } from "../history/read-state.ts";
import { requireNoShadow } from "../history/shadow-note.ts";
import type { Inquiry } from "../run/after-loss.ts";
import { NOTHING_AROUND } from "../run/around-run.ts";
import { carryOut } from "../run/carry-out.ts";
import type { Planner } from "../run/run-plan.ts";
import { loadScripts, refuseUnsound, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { readSeeds, type Seed, type SeedFiles } from "./read-seeds.ts";
import { readSeedRecords, type SeedRecords, seedRecord } from "./seed-records.ts";

/**
 * Runs the seeds for the chosen environment in the order of their names, each in a transaction. Skips run-once seeds
 * that have run.
 * @throws Failure migrations-pending, and as `migrate`; a seed that fails is in the report
 */
export async function seed(
  context: DatabaseContext,
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<SeedReport> {
  const { database, fileSystem, settings, clock } = context;
  const started = clock.monotonicMs();
  const { migrations, findings } = readMigrations(context);
  const files = readSeeds(fileSystem, settings);
  refuseUnsound([...findings, ...files.findings].sort(byWeightAndPlace), "run seeds");
  const plan = plannerOf(context, migrations, files);
  const options = { dryRun, afterLoss: askSeedRecords(files.seeds, tableNames(settings)) };
  const { alreadyApplied, steps, failure } = await carryOut(context, { doing: "seed", plan }, options);
  return {
    type: "seed",
    database: database.description,
    directory: files.directory,
    dryRun,
    steps,
    alreadyDone: alreadyApplied,
    durationMs: Math.round(clock.monotonicMs() - started),
    ...(failure && { failure }),
  };
}

function plannerOf(context: DatabaseContext, migrations: readonly Migration[], files: SeedFiles): Planner {
  const { fileSystem, settings } = context;
  const names = tableNames(settings);
  const seen = new Map<SqlFile, Script>();
  return async (session) => {
    const state = await readState(session, settings);
    requireNoResetUnfinished(state, "seed");
    requireNoShadow(state, "seed");
    requireNonePending(context, migrations, state);
    const records = files.seeds.some(({ once }) => once) ? await readSeedRecords(session, names) : NO_RECORDS;
    const wanted = files.seeds.filter(({ name, once }) => !(once && records.checksums.has(name)));
    const warnings = files.seeds.flatMap((one) => changedSeed(one, records));
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
    const findings = [...files.findings, ...warnings, ...loaded.findings];
    return {
      state,
      plan,
      scripts,
      around: NOTHING_AROUND,
      findings,
      alreadyApplied: files.seeds.length - wanted.length,
    };
  };
}

/** @throws Failure migrations-pending */
function requireNonePending(
  { database, settings: { environment } }: DatabaseContext,
  migrations: readonly Migration[],
  state: DatabaseState,
): void {
  const pending = compareHistory(migrations, state, environment).filter(isPending).length;
  if (pending === 0) return;
  const are = pending === 1 ? "1 migration is" : `${pending} migrations are`;
  throw new Failure("migrations-pending", `Cannot seed ${database.description}: ${are} pending`, {
    hint: "Apply them first: pgstep up.",
  });
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
      hint: "Put more rows into a new seed.",
      place: { path: file.path },
    }),
  ];
}

function mustBeTransactional({ path, inspection }: Script): Finding[] {
  if (inspection.mode === "transaction") return [];
  const why = inspection.because
    ? `${inspection.because} cannot`
    : inspection.blocks.length > 0
      ? "this one has its own BEGIN and COMMIT"
      : 'the header says "Transaction: none"';
  return [
    finding("seed-transaction", {
      message: `a seed runs in a transaction, and ${why}`,
      hint: "Move it into a migration.",
      place: { path },
    }),
  ];
}

/** Only run-once seeds have a record. */
function askSeedRecords(seeds: readonly Seed[], names: TableNames): Inquiry {
  const recorded = new Set(seeds.filter(({ once }) => once).map(({ name }) => name));
  return {
    async find(session) {
      const { checksums } = await readSeedRecords(session, names);
      return ({ version }) => (recorded.has(version) ? checksums.has(version) : undefined);
    },
    advice: "Run pgstep seed again: a run-once seed does not run twice.",
  };
}
