import { resolve } from "node:path";
import { cacheDirectory } from "./adapters/images/cache-directory.ts";
import { type TrialImage, TrialImages } from "./adapters/images/trial-images.ts";
import { toolCommit, toolVersion } from "./adapters/process/tool-version.ts";
import type { ProjectConfines } from "./adapters/setting-files/project-confines.ts";
import { directoriesOfProject } from "./adapters/setting-files/project-file-search.ts";
import { namedTarget, openTarget } from "./assembly.ts";
import { shadowSources } from "./core/configuration/database-sources.ts";
import { noDatabaseNamed } from "./core/configuration/no-database.ts";
import type { ResolvedSettings } from "./core/configuration/resolve-settings.ts";
import { type EmbeddedTarget, type Target, withParameters } from "./core/connection/target.ts";
import type { Migration } from "./core/migrations/migration.ts";
import type { Context, DatabaseContext } from "./engine/session/context.ts";
import { mayCreate } from "./engine/shadow/like-new.ts";
import type { Beginning, Prepared } from "./engine/shadow/shadow.ts";
import { readStandIns, type StandInFiles, setUp } from "./engine/shadow/stand-ins.ts";
import { type TrialNote, type TrialStart, trialKeys } from "./engine/shadow/trial-start.ts";

/** A shadow database for trials, and where they begin in it; undefined for an empty database that cannot be kept. */
export interface OpenedTrial {
  readonly shadow: DatabaseContext;
  readonly start: TrialStart | undefined;
}

/** Opens the shadow database that the settings name, by default one in memory. */
export class ShadowDatabases {
  readonly #resolved: ResolvedSettings;
  readonly #context: Context;
  readonly #confines: ProjectConfines | undefined;
  readonly #target: () => Promise<Target | undefined>;
  #prepared: { readonly beginning: Beginning; readonly trial: OpenedTrial } | undefined;

  /** @param confines for a command that only reads */
  constructor(resolved: ResolvedSettings, context: Context, confines: ProjectConfines | undefined) {
    this.#resolved = resolved;
    this.#context = context;
    this.#confines = confines;
    this.#target = namedTarget(shadowSources(resolved));
  }

  /**
   * @param hasStandIns true if stand-ins may take the place of extensions, which would prove nothing of a backup
   * @throws Failure settings, and those of connecting
   */
  async open({ hasStandIns = false } = {}): Promise<DatabaseContext> {
    const target = await this.#found();
    if (!hasStandIns || !isInMemory(target)) return await this.#opened(target, undefined);
    const standIns = this.#standIns();
    return await this.#opened(withStandIns(target, standIns), standIns);
  }

  /**
   * Opens it for a trial run, in memory from the image of an earlier trial if there is one.
   * @param beginning see `InShadow`
   * @param keeper the command that keeps its image; it may use that of another one
   * @throws Failure settings, and those of connecting
   */
  async openTrial(beginning: Beginning, keeper: "check" | "drift"): Promise<OpenedTrial> {
    return this.#takePrepared(beginning) ?? (await this.#openTrial(beginning, keeper));
  }

  #takePrepared({ migrations, like }: Beginning): OpenedTrial | undefined {
    const prepared = this.#prepared;
    if (!prepared || prepared.beginning.like !== like) return undefined;
    const others = prepared.beginning.migrations;
    if (others.length !== migrations.length || others.some(({ up }, at) => up !== migrations[at]?.up)) return undefined;
    this.#prepared = undefined;
    return prepared.trial;
  }

  async #openTrial({ migrations, like }: Beginning, keeper: "check" | "drift"): Promise<OpenedTrial> {
    const { shadowTimeZone: TimeZone } = this.#resolved.values;
    const found = await this.#found();
    if (!isInMemory(found)) {
      return { shadow: await this.#opened(withParameters(found, { TimeZone }), undefined), start: undefined };
    }
    const standIns = this.#standIns();
    const trial = withStandIns(withParameters(found, { TimeZone, ...EMBEDDED_TRIAL }), standIns);
    const directory = cacheDirectory();
    if (directory === undefined || migrations.length === 0) {
      return { shadow: await this.#opened(trial, standIns), start: undefined };
    }
    const project = resolve(this.#resolved.values.directory);
    // A check begins with fewer migrations than a database has: with one image, each would replace that of the other.
    const ofCheck = new TrialImages(directory, project);
    const ofDrift = new TrialImages(directory, JSON.stringify([project, "drift"]));
    const [images, others] = keeper === "check" ? [ofCheck, ofDrift] : [ofDrift, ofCheck];
    const keys = trialKeys([await this.#surroundings(standIns), like !== undefined && mayCreate(like)], migrations);
    let image = images.find(keys) ?? others.find(keys);
    const shadow = await this.#opened(image ? { ...trial, image: image.delta } : trial, standIns);
    // Without an image the next trial takes longer, and that is all.
    const keep = (kept: TrialImage) => {
      image = kept;
      const key = keys[kept.applied - 1];
      if (key !== undefined) images.keep(key, kept);
    };
    return {
      shadow,
      start: {
        applied: image?.applied ?? 0,
        async keep(applied) {
          const delta = await shadow.database.image?.().catch(() => undefined);
          if (delta) keep({ applied, delta, notes: {} });
        },
        noteOf(applied, about) {
          if (image?.applied !== applied) return undefined;
          return {
            read: () => image?.notes[about],
            keep: (text) => image && keep({ ...image, notes: { ...image.notes, [about]: text } }),
          };
        },
      },
    };
  }

  /** Begins to start the database of the next trial with this beginning, if that is in memory. See `InShadow`. */
  async prepareTrial(beginning: Beginning, keeper: "check" | "drift"): Promise<Prepared> {
    let start: TrialStart | undefined;
    try {
      if (isInMemory(await this.#found())) {
        const trial = await this.#openTrial(beginning, keeper);
        start = trial.start;
        this.#prepared = { beginning, trial };
        await trial.shadow.database.prepare?.();
      }
    } catch {
      // An error is one of `openTrial`.
    }
    return {
      noteOf: (...of) => start?.noteOf(...of),
      release: async () => await this.#takePrepared(beginning)?.shadow.database.close(),
    };
  }

  /**
   * A note about the database that these migrations make in memory; undefined if none can be kept.
   * @param more everything else that decides what the note says
   */
  async noteOf(migrations: readonly Migration[], more: unknown): Promise<TrialNote | undefined> {
    const directory = cacheDirectory();
    if (directory === undefined || !isInMemory(await this.#found())) return undefined;
    const surroundings = await this.#surroundings(this.#standIns());
    const key = trialKeys([surroundings, more], migrations).at(-1);
    if (key === undefined) return undefined;
    const project = resolve(this.#resolved.values.directory);
    const notes = new TrialImages(directory, JSON.stringify([project, "note"]));
    return {
      read: () => notes.find([key])?.notes.text,
      keep: (text) => notes.keep(key, { applied: 1, delta: new Uint8Array(), notes: { text } }),
    };
  }

  /** Everything besides the migrations that decides what an image contains. */
  async #surroundings(standIns: StandInFiles): Promise<unknown> {
    const { loadPglite } = await import("./adapters/embedded/pglite-module.ts");
    const { baseImage } = (await loadPglite()).module;
    const { schema, table, environment, placeholders, shadowTimeZone } = this.#resolved.values;
    const settings = { schema, table, environment, placeholders, shadowTimeZone };
    return [toolVersion, toolCommit, baseImage, EMBEDDED_TRIAL, settings, standIns];
  }

  async #found(): Promise<Target> {
    const target = await this.#target();
    if (!target) throw noDatabaseNamed();
    this.#confines?.requireHarmless("shadowUrl", target);
    return target;
  }

  #standIns(): StandInFiles {
    return readStandIns(this.#context, (path) => this.#confines?.requireReadable(path));
  }

  async #opened(target: Target, standIns: StandInFiles | undefined): Promise<DatabaseContext> {
    const { emit } = this.#context;
    const database = await openTarget(target, this.#resolved.values, { emit });
    const shadow = { ...this.#context, database, preparedBy: standIns?.setup?.path };
    // An image has what the file makes.
    const isImage = target.kind === "embedded" && target.image !== undefined;
    if (standIns?.setup && !isImage) await setUp(shadow, standIns.setup);
    return shadow;
  }
}

/** Locks for a file that creates thousands of tables; few buffers, because the files are in memory as well. */
const EMBEDDED_TRIAL = { max_locks_per_transaction: "1024", shared_buffers: "16MB" };

function isInMemory(target: Target): target is EmbeddedTarget {
  return target.kind === "embedded" && target.directory === undefined;
}

function withStandIns(target: EmbeddedTarget, standIns: StandInFiles): EmbeddedTarget {
  return { ...target, extensions: { ...standIns, packageDirectories: directoriesOfProject() } };
}
