import type { Files } from "../faults/support/ground.ts";
import { chosenMigrations } from "../faults/support/migrations.ts";

/*
 * The files of the runs whose every turn is hurt: few, since each message costs one trial of each kind, and of each way
 * in which pgstep sends something.
 */

/** In transactions with rows of a COPY, statement by statement, recording itself, and two pipelined at the end. */
export const TURN_MIGRATIONS = chosenMigrations(["schema", "rows", "index", "maintenance", "itself", "last"]);

export const DOWN_MIGRATIONS = chosenMigrations(["schema", "rows", "index", "itself", "last"]);

/** The last two, of which one runs statement by statement, are undone and applied again. */
export const REDO_MIGRATIONS = chosenMigrations(["schema", "rows", "index", "last"]);

/** Runs without files that run statement by statement, for what is about other things than migrations. */
export const FEW_MIGRATIONS = chosenMigrations(["schema", "last"]);

/** The names of the seeds, in their order; the second and the last run only once. */
export const SEEDS = ["10_names", "20_once", "30_more", "40_once"] as const;

export const SEED_FILES: Files = Object.fromEntries(
  SEEDS.map((name) => [
    `seeds/${name}.sql`,
    `${name.endsWith("once") ? "-- Seed: once\n" : ""}INSERT INTO app.seeded (name) VALUES ('${name}') ON CONFLICT DO NOTHING;\n`,
  ]),
);

export const REPEATABLES = ["base", "on_top"] as const;

/** The first of them needs the second. */
export const REPEATABLE_FILES: Files = {
  "repeatable/base.sql": "CREATE OR REPLACE VIEW app.base AS SELECT id + 1 AS id FROM app.on_top;\n",
  "repeatable/on_top.sql": "CREATE OR REPLACE VIEW app.on_top AS SELECT id FROM app.account;\n",
};

/** Each writes a row that tells which moment it was. */
export const HOOK_FILES: Files = Object.fromEntries(
  ["before-up", "before-step", "after-step", "after-up"].map((moment) => [
    `hooks/${moment}.sql`,
    `INSERT INTO faults.hook (moment) VALUES ('${moment}');\n`,
  ]),
);

/** Its second statement commits by itself, so its outcome is unknown when the run is killed meanwhile. */
export const DOUBTFUL_FILES: Files = {
  "001_doubtful.sql":
    "-- Transaction: none\nCREATE TABLE public.doubtful (id integer);\nCALL faults.work();\nINSERT INTO public.doubtful VALUES (1);\n",
};
