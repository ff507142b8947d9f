import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { backupStore } from "../../../src/adapters/files/backup-store.ts";
import type { BackupPolicy } from "../../../src/core/backup/backup-report.ts";
import type { Dispensable } from "../../../src/core/backup/schema-statements.ts";
import type { Finding } from "../../../src/core/failure/failure.ts";
import { backUp } from "../../../src/engine/backup/back-up.ts";
import { backUpBeforeRun } from "../../../src/engine/backup/before-run.ts";
import type { BackupMeans } from "../../../src/engine/backup/take-backup.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import type { BackupTools } from "../../../src/ports/backups.ts";
import type { SchemaDump } from "../../../src/ports/schema-dump.ts";
import { temporaryPlace } from "../../support/place.ts";
import { builtDump } from "../../support/schema-dump.ts";
import type { World } from "../support.ts";

const noProgram = async () => undefined;
export const TOOLS: BackupTools = { store: backupStore, dumpProgram: noProgram, restoreProgram: noProgram };

/** A directory of backups, and how to fill it from a world and empty it into one. */
export class Backups {
  readonly directory = temporaryPlace("backups");
  readonly means: BackupMeans;
  readonly #dump: SchemaDump;

  constructor(dump: SchemaDump, policy: Partial<BackupPolicy> = {}) {
    this.#dump = dump;
    const given: BackupPolicy = {
      ...{ backup: "automatic", backupDirectory: this.directory, backupKeep: 5, backupLimit: 1e8 },
      ...{ backupVerify: "contents", backupGzip: false },
      ...policy,
    };
    this.means = { tools: TOOLS, policy: given, rehearse: async () => {} };
  }

  static async of(policy: Partial<BackupPolicy> = {}): Promise<Backups> {
    return new Backups(await builtDump(), policy);
  }

  /** The options of a run that makes backups. */
  before(one: World, isUndo = false) {
    const backUp = backUpBeforeRun(this.means, isUndo);
    return {
      backUp: ((context, ...others) => backUp(this.context(one, context), ...others)) satisfies typeof backUp,
    };
  }

  context(one: World, context: DatabaseContext = one.context): DatabaseContext {
    return Object.assign(Object.create(context), { schemaDump: async () => this.#dump });
  }

  take(one: World) {
    return backUp(this.context(one), this.means);
  }

  restore(one: World, path = this.newest, without: readonly Dispensable[] = []) {
    const consent = { mayReset: async () => true, mayRepair: async () => true };
    return restore(this.context(one), TOOLS, { path, otherDatabase: true, without, consent });
  }

  get files(): string[] {
    return readdirSync(this.directory).sort();
  }

  get newest(): string {
    return join(this.directory, this.files.at(-1) ?? "");
  }

  get text(): string {
    return readFileSync(this.newest, "utf8");
  }
}

/** The warnings with this rule that a world has seen. */
export function warnings({ events }: World, rule: Finding["rule"]): string[] {
  return events.flatMap((event) =>
    event.type === "warning" && event.finding.rule === rule ? [event.finding.message] : [],
  );
}
