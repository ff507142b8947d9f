import { Failure } from "../../core/failure/failure.ts";
import type { BackupTools } from "../../ports/backups.ts";
import { ServerFailure } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { openBackup } from "./backup-script.ts";
import { RestoredOtherwise, requireSameRows } from "./restored-rows.ts";
import { runScript } from "./run-script.ts";

/** Restores a backup into an empty database, to prove that it can be restored. @throws Failure backup-failed */
export async function rehearseRestore(shadow: DatabaseContext, tools: BackupTools, path: string): Promise<void> {
  await withSession(shadow.database, "restore into", async (session) => {
    const script = await openBackup(tools, path);
    try {
      await session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
      const { copied } = await runScript(session, tools.store.read(script.path), { stopped: () => {}, without: [] });
      await requireSameRows(session, script, copied);
      await session.execute("COMMIT");
    } catch (error) {
      if (error instanceof RestoredOtherwise) throw notRestorable(shadow, path, error.message);
      if (!(error instanceof ServerFailure)) throw error;
      throw notRestorable(shadow, path, `${error.server.message} (${error.server.code})`, error);
    } finally {
      await session.execute("ROLLBACK").catch(() => {});
      script.close();
    }
  });
}

function notRestorable({ database }: DatabaseContext, path: string, reason: string, cause?: unknown): Failure {
  return new Failure(
    "backup-failed",
    `Cannot restore the backup ${path.replace(/\.part$/, "")} into ${database.description}: ${reason}`,
    {
      hint: "Name an empty database of the same version and with the same extensions: --shadow-url <url>. Nothing was changed.",
      cause,
    },
  );
}
