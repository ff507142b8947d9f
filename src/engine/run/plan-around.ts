import { type Finding, finding } from "../../core/failure/failure.ts";
import type { Layout } from "../../core/layout/layout.ts";
import type { RecordedRepeatable } from "../../core/repeatable/repeatable.ts";
import type { RunReport } from "../../core/reports/report.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import { readHooks } from "../hooks/read-hooks.ts";
import { loadHooks } from "../hooks/run-hooks.ts";
import {
  NOTHING_REPEATABLE,
  planRepeatables,
  type RepeatableFiles,
  type RepeatablePlan,
  readRepeatables,
} from "../repeatable/plan.ts";
import { readRecords } from "../repeatable/records.ts";
import { refuseUnsound, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { AroundSteps } from "./around-run.ts";
import type { ChosenFiles } from "./run-plan.ts";

/** The files that a run reads besides the migrations. */
export interface AroundFiles {
  readonly command: RunReport["command"];
  readonly repeatable: RepeatableFiles;
  /** Requests the records of repeatable migrations if there are files, in the same round trip as the next query. */
  sendForRecords(session: Session): Promise<readonly RecordedRepeatable[]> | undefined;
}

/**
 * @param layout the format of the migrations
 * @param only the files that are used; all without it
 * @throws Failure directory-unreadable, files-unsound
 */
export function readAround(
  context: DatabaseContext,
  command: RunReport["command"],
  layout: Layout,
  only?: ChosenFiles,
): AroundFiles {
  const read = command === "down" ? { files: [], findings: [] } : readRepeatables(context, layout);
  const repeatable = only ? { ...read, files: read.files.filter(only.repeatable) } : read;
  refuseUnsound(repeatable.findings, "run migrations");
  return {
    command,
    repeatable,
    sendForRecords(session) {
      if (repeatable.files.length === 0) return undefined;
      const sent = readRecords(session, tableNames(context.settings));
      // If the next query fails, nobody awaits this promise.
      sent.catch(() => {});
      return sent;
    },
  };
}

interface Looked {
  readonly session: Session;
  readonly state: DatabaseState;
  readonly recordsSent: Promise<readonly RecordedRepeatable[]> | undefined;
  readonly scripts: readonly Script[];
  /** True if repeatable migrations are deferred, mostly because migrations stay pending. */
  readonly held: boolean;
}

/** Plans the work around the steps. @throws Failure files-unsound */
export async function planAround(
  context: DatabaseContext,
  { command, repeatable: files }: AroundFiles,
  { session, state, recordsSent, scripts, held }: Looked,
): Promise<AroundSteps> {
  const { settings, fileSystem } = context;
  const names = tableNames(settings);
  const place = { session, fileSystem, settings, database: state.name, all: command === "redo" && scripts.length > 0 };
  const plan = async (records: readonly RecordedRepeatable[], keepsSettled = false) => {
    const planned = await planRepeatables(files, records, { ...place, keepsSettled });
    return held ? waiting(planned) : planned;
  };
  const isUp = command === "up" || scripts.length > 0;
  const records = await (recordsSent ??
    (command !== "down" && state.repeatableExists ? readRecords(session, names) : []));
  const repeatable = command === "down" || !isUp ? NOTHING_REPEATABLE : await plan(records);
  const missing = state.readOnly ? [] : repeatable.missing;
  const afterUpUnfinished = command === "up" && state.afterUpUnfinished && !state.readOnly && !context.isRehearsal;
  const hasWork = scripts.length + repeatable.stale.length > 0 || afterUpUnfinished;
  return {
    command,
    repeatable: { ...repeatable, missing },
    records,
    planAll: async () => (held ? repeatable : { ...(await plan(records, true)), missing }),
    afterUpUnfinished,
    findings: [
      ...repeatable.findings,
      ...repeatable.missing.map(gone),
      ...(afterUpUnfinished ? [AFTER_UP_UNFINISHED] : []),
    ],
    // Only with files or records: otherwise the query would cost every run a round trip.
    planAgain: async (other) =>
      files.files.length > 0 || state.repeatableExists ? plan(await readRecords(other, names)) : NOTHING_REPEATABLE,
    hasRecords: state.repeatableExists,
    hooks: hasWork && !context.isRehearsal ? await hooksOf(context, place) : [],
  };
}

async function hooksOf(
  { fileSystem, settings }: DatabaseContext,
  place: Parameters<typeof loadHooks>[1],
): ReturnType<typeof loadHooks> {
  const { hooks, findings } = readHooks(fileSystem, settings);
  refuseUnsound(findings, "run hooks");
  return await loadHooks(
    hooks.filter(({ moment }) => !moment.endsWith("-reset")),
    place,
  );
}

const AFTER_UP_UNFINISHED = finding("hook-unfinished", {
  message: "an after-up hook of an earlier run failed or was interrupted: pgstep up runs all after-up hooks again",
});

/** Defers the repeatable migrations, which may depend on migrations that are still pending. */
function waiting(plan: RepeatablePlan): RepeatablePlan {
  if (plan.stale.length === 0) return plan;
  const names = plan.stale.map(({ name }) => name).join(", ");
  const wait = finding("repeatable-waiting", {
    message: `repeatable migrations are deferred until no migration is pending: ${names}`,
    hint: "Run pgstep up without a version or count.",
  });
  return { ...plan, stale: [], settled: [], findings: [...plan.findings, wait] };
}

function gone(name: string): Finding {
  return finding("repeatable-missing", {
    message: `the file of repeatable migration ${name} is missing; the objects it created stay`,
    hint: "Drop them in a migration if you no longer need them. This is reported once.",
  });
}
