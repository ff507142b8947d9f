import { backupStore } from "./adapters/backup-store.ts";
import type { EventListener } from "./core/event.ts";
import { databaseSources } from "./core/settings/database-sources.ts";
import { placeInProjectFile } from "./core/settings/origin.ts";
import type { ResolvedSettings } from "./core/settings/resolve-settings.ts";
import type { BackupTools } from "./ports/backups.ts";

/** What backups are made with; PostgreSQL's own programs are looked for only when one is made. */
export function backupTools(resolved: ResolvedSettings, emit: EventListener): BackupTools {
  const { pgDump: program } = resolved.values;
  let isTold = false;
  return {
    store: backupStore,
    async dumpProgram(serverMajor) {
      const { resolveTarget } = await import("./adapters/resolve-target.ts");
      const target = resolveTarget(databaseSources(resolved));
      if (target?.kind !== "server") return undefined;
      const { findDumpProgram, NO_PROGRAM } = await import("./adapters/pg-dump.ts");
      const origin = placeInProjectFile(resolved.origins.pgDump);
      if (!isTold && origin !== undefined && program !== undefined && program !== NO_PROGRAM) {
        isTold = true;
        emit({ type: "program-named", what: "pg_dump", program, origin });
      }
      return await findDumpProgram(target, program, serverMajor);
    },
  };
}
