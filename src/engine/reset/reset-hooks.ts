import type { HookMoment } from "../../core/hooks/hook.ts";
import type { ResetInventory } from "../../core/reports/report.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import { readHooks } from "../hooks/read-hooks.ts";
import { HookRunner, loadHooks } from "../hooks/run-hooks.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { EMBEDDED_WINDOW, NETWORK_WINDOW, Pipeline } from "../pipeline/pipeline.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isDirect, ownSettings } from "../session/own-settings.ts";

/** Runs the hooks around a reset. Both calls do nothing if there are no such hooks; both throw ConnectionLost. */
export interface ResetHooks {
  readonly hasAfter: boolean;
  /** @throws Failure hook-failed and others, before anything is deleted */
  before(deleting: ResetInventory): Promise<void>;
  /** @throws Failure hook-failed and others, after everything is deleted */
  after(deleted: ResetInventory): Promise<void>;
}

/** Checks the hooks before anything is deleted. @throws Failure files-unsound, directory-unreadable */
export async function resetHooks(
  context: DatabaseContext,
  session: Session,
  lock: RunLock,
  state: DatabaseState,
): Promise<ResetHooks> {
  const { settings, fileSystem, database } = context;
  const none: ResetHooks = { hasAfter: false, before: async () => {}, after: async () => {} };
  if (context.isRehearsal) return none;
  const { hooks, findings } = readHooks(fileSystem, settings);
  refuseUnsound(findings, "run hooks");
  const own = hooks.filter(({ moment }) => moment.endsWith("-reset"));
  if (own.length === 0) return none;
  const loaded = await loadHooks(own, { session, fileSystem, settings, database: state.name });
  const direct = isDirect(state, session);
  const sessionSettings = direct ? ownSettings(session) : "";
  const run = async (moment: HookMoment, inventory: ResetInventory, guard: string) => {
    const window = session.backend.embedded ? EMBEDDED_WINDOW : NETWORK_WINDOW;
    const runner = new HookRunner(
      {
        ...{ context, session, names: tableNames(settings), lock: { ...lock, guard }, sessionSettings },
        direct,
        inSession: new Set(),
        pipeline: new Pipeline(session, window),
      },
      loaded,
    );
    const environment = settings.environment ?? null;
    return await runner.run(moment, { command: "reset", database: database.description, environment, inventory });
  };
  return {
    hasAfter: own.some(({ moment }) => moment === "after-reset"),
    async before(inventory) {
      const failure = await run("before-reset", inventory, lock.guard);
      if (failure) throw failure;
    },
    async after(inventory) {
      // The reset may have deleted the lock's table.
      const failure = await run("after-reset", inventory, "");
      if (failure) throw failure.withHint("Everything has been deleted; only this hook is left to run.");
    },
  };
}
