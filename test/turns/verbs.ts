import { resolve } from "node:path";
import { type Ground, type GroundOptions, succeeded } from "../faults/support/ground.ts";
import { OBSERVE_SQL } from "../faults/support/observation.ts";
import {
  DOUBTFUL_FILES,
  DOWN_MIGRATIONS,
  FEW_MIGRATIONS,
  HOOK_FILES,
  REDO_MIGRATIONS,
  REPEATABLE_FILES,
  SEED_FILES,
  TURN_MIGRATIONS,
} from "./turn-files.ts";

/** A command that completes the work of one that was hurt. */
export interface Following {
  /** Its words, or the hurt command once more. */
  readonly words: readonly string[] | "again";
  /** Codes of failures that say that the work was complete already. */
  readonly settled?: readonly string[];
  /** Runs first, for objects of the test that the hurt command deletes. */
  readonly sql?: string;
}

/** How the truth of a report is found out: see `truth.ts` in this directory. */
export type Truth = "steps" | "seeds" | "all-or-nothing";

/** A command that is hurt at each of its turns. */
export interface Verb {
  readonly name: string;
  readonly grounds: GroundOptions;
  /** Makes the state that it begins with; each trial gets a copy of this database. */
  prepare(ground: Ground): Promise<void>;
  words(ground: Ground): readonly string[];
  readonly truth: Truth;
  readonly following: readonly Following[];
  /** The second run of a mixed trial; verbs without one are not mixed. */
  readonly rival?: readonly string[];
}

const UP: Following = { words: ["up"] };

async function applied(ground: Ground): Promise<void> {
  succeeded(await ground.run(["up"]));
  await ground.atRest();
}

export const VERBS: readonly Verb[] = [
  {
    name: "up",
    grounds: { migrations: TURN_MIGRATIONS },
    prepare: async () => {},
    words: () => ["up"],
    truth: "steps",
    following: [UP],
    rival: ["up"],
  },
  {
    name: "up-around",
    grounds: { migrations: FEW_MIGRATIONS, beside: { ...REPEATABLE_FILES, ...HOOK_FILES } },
    prepare: async (ground) => void (await ground.query("CREATE TABLE faults.hook (moment text)")),
    words: () => ["up"],
    truth: "steps",
    following: [UP],
  },
  {
    name: "down",
    grounds: { migrations: DOWN_MIGRATIONS },
    prepare: applied,
    words: () => ["down", "--all", "--no-backup"],
    truth: "steps",
    following: [UP],
    rival: ["down", "--all", "--no-backup"],
  },
  {
    name: "down-with-backup",
    grounds: { migrations: FEW_MIGRATIONS },
    prepare: applied,
    words: () => ["down", "--all"],
    truth: "steps",
    following: [UP],
  },
  {
    name: "redo",
    grounds: { migrations: REDO_MIGRATIONS },
    prepare: applied,
    words: () => ["redo", "2", "--no-backup"],
    truth: "steps",
    following: [UP],
    rival: ["up"],
  },
  {
    name: "seed",
    grounds: { migrations: FEW_MIGRATIONS, beside: SEED_FILES },
    async prepare(ground) {
      await applied(ground);
      await ground.query("CREATE TABLE app.seeded (name text PRIMARY KEY)");
    },
    words: () => ["seed"],
    truth: "seeds",
    following: [{ words: "again" }, UP],
  },
  {
    name: "baseline",
    grounds: { migrations: FEW_MIGRATIONS },
    prepare: async (ground) => {
      for (const { up } of FEW_MIGRATIONS) await ground.query(up);
    },
    words: () => ["baseline", "002"],
    truth: "all-or-nothing",
    following: [{ words: "again", settled: ["baseline-refused"] }, UP],
  },
  {
    name: "resolve",
    grounds: { migrations: [], files: DOUBTFUL_FILES },
    prepare: leaveDoubt,
    words: () => ["resolve", "001", "--not-done"],
    truth: "all-or-nothing",
    following: [{ words: "again", settled: ["nothing-in-doubt"] }, UP],
  },
  {
    name: "repair",
    grounds: { migrations: FEW_MIGRATIONS },
    async prepare(ground) {
      await applied(ground);
      // As if the files had had another text when they were applied.
      await ground.query("UPDATE schema_migrations SET checksum = reverse(checksum)");
    },
    words: () => ["repair", "--yes"],
    truth: "all-or-nothing",
    following: [{ words: "again" }, UP],
  },
  {
    name: "reset",
    grounds: { migrations: FEW_MIGRATIONS },
    prepare: applied,
    words: ({ database }) => ["reset", "--confirm", database],
    truth: "all-or-nothing",
    following: [{ words: "again" }, { sql: OBSERVE_SQL, words: ["up"] }],
  },
  restoreVerb(),
];

/** Kills a run while its statement is at work that the catalog can say nothing of. */
async function leaveDoubt(ground: Ground): Promise<void> {
  await ground.query(`CREATE TABLE public.worked (id integer);
CREATE PROCEDURE faults.work() LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); END $$`);
  const child = ground.start(["up"]);
  await ground.until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
  child.kill("SIGKILL");
  await child.ended;
  await ground.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
  );
  await ground.atRest();
  await ground.query(`CREATE OR REPLACE PROCEDURE faults.work() LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO public.worked VALUES (1); COMMIT; END $$`);
}

/** The backup is made once, of the database that the trials are copies of. */
function restoreVerb(): Verb {
  let path = "";
  const words = ({ database }: Ground) => ["restore", path, "--other-database", "--confirm", database];
  return {
    name: "restore",
    grounds: { migrations: FEW_MIGRATIONS },
    async prepare(ground) {
      await applied(ground);
      const ended = succeeded(await ground.run(["backup"]));
      path = resolve(ground.directory, String(ended.lines.at(-1)?.path));
      await ground.atRest();
      await ground.query("DELETE FROM app.account WHERE id > 10; DELETE FROM schema_migrations WHERE version = '002'");
    },
    words,
    truth: "all-or-nothing",
    following: [{ words: "again" }, UP],
  };
}
