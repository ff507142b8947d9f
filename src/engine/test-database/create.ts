import { Failure, interruption } from "../../core/failure/failure.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import { type Database, ServerFailure, type Session } from "../../ports/session.ts";
import { requireUnprotected } from "../history/protection.ts";
import { readState } from "../history/read-state.ts";
import { migrate } from "../run/migrate.ts";
import { seed } from "../seed/seed.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { isDirect } from "../session/own-settings.ts";
import { withSession } from "../session/with-session.ts";
import {
  dropOldTemplates,
  dropUnfinished,
  dropUnused,
  markSql,
  readServerFacts,
  readTestDatabases,
  type ServerFacts,
  waitForClosing,
} from "./databases.ts";
import { fingerprint } from "./fingerprint.ts";
import { copyName, lockKeyOf, type TestNames, testNames } from "./names.ts";

/** The server on which test databases are created. */
export interface TestServer {
  /** The database that the user named. Its contents are not read or changed, unless it may be shared. */
  readonly named: Database;
  /** Another database of the same server. */
  open(name: string): Promise<Database>;
}

export interface TestWishes {
  /** True to run the seeds after the migrations. */
  readonly seeds: boolean;
  /** True to migrate the named database itself if the role may not create databases. */
  readonly allowShared: boolean;
  /** The absolute path of the migrations directory. */
  readonly directory: string;
}

export interface CreatedDatabase {
  readonly name: string;
  /** True if it is the named database itself. */
  readonly isShared: boolean;
}

/**
 * Creates a migrated database as a copy of a template, which the first process that needs it makes, under a lock. The
 * template has its final name only when it is complete.
 * @throws Failure settings behind a transaction pooler, privilege-missing without the right to create databases, and
 *   everything that a run can fail with
 */
export async function createTestDatabase(
  context: Context,
  server: TestServer,
  wishes: TestWishes,
): Promise<CreatedDatabase> {
  const { named } = server;
  const facts = await withSession(
    named,
    DOING,
    (session) => prepared(context, server, wishes, session),
    context.signal,
  );
  if (typeof facts === "object") return facts;
  return await shareNamed({ ...context, database: named }, wishes, facts);
}

const DOING = "create a test database with";

/** Returns the name of the named database if the role may not create another one. */
async function prepared(
  context: Context,
  server: TestServer,
  wishes: TestWishes,
  session: Session,
): Promise<CreatedDatabase | string> {
  const facts = await readServerFacts(session);
  const { description } = server.named;
  if (!isDirect(facts, session)) {
    throw new Failure("settings", `Cannot ${DOING} ${description}: it is behind a transaction pooler`, {
      hint: "Name the server itself: its own host and port.",
    });
  }
  if (!facts.mayCreate) {
    if (wishes.allowShared) return facts.database;
    throw new Failure(
      "privilege-missing",
      `Cannot ${DOING} ${description}: the role "${facts.role}" may not create databases`,
      {
        hint: `Grant it: ALTER ROLE ${quoteIdentifier(facts.role)} CREATEDB; or let tests use the named database itself: allowShared: true.`,
      },
    );
  }
  const { schema, table } = context.settings;
  const project = [facts.role, facts.database, wishes.directory, schema, table];
  const names = testNames(project, fingerprint(context, wishes.seeds));
  return { name: await new Making({ context, server, wishes, session }, facts, names).copy(), isShared: false };
}

/** @throws Failure protected */
async function shareNamed(context: DatabaseContext, { seeds }: TestWishes, name: string): Promise<CreatedDatabase> {
  const state = await withSession(
    context.database,
    DOING,
    (session) => readState(session, context.settings),
    context.signal,
  );
  requireUnprotected(state, "use for tests");
  await fill(context, seeds);
  return { name, isShared: true };
}

/** Runs the migrations and, if wanted, the seeds. @throws Failure */
export async function fill(context: DatabaseContext, seeds: boolean): Promise<void> {
  const { failure } = await migrate(context, {}, {});
  if (failure) throw failure;
  const seeded = seeds ? await seed(context, {}) : undefined;
  if (seeded?.failure) throw seeded.failure;
}

interface Place {
  readonly context: Context;
  readonly server: TestServer;
  readonly wishes: TestWishes;
  /** A session of the named database. */
  readonly session: Session;
}

const POLL_MS = 50;
/** How long another session may be connected to a template. */
const IN_USE_LIMIT_MS = 60_000;
const NO_SUCH_DATABASE = "3D000";
const IN_USE = "55006";

/** Copies a template, and makes it if it is missing. */
class Making {
  readonly #place: Place;
  readonly #now: string;
  readonly #waitsForDisk: boolean;
  readonly #names: TestNames;

  constructor(place: Place, { now, waitsForDisk }: ServerFacts, names: TestNames) {
    this.#place = place;
    this.#now = now;
    this.#waitsForDisk = waitsForDisk;
    this.#names = names;
  }

  /** Returns the name of the new database. */
  async copy(): Promise<string> {
    const { session } = this.#place;
    const name = copyName(this.#names, this.#now);
    const { usedOn, leftOver } = await readTestDatabases(session, this.#names);
    for (const one of leftOver) await dropUnused(session, one);
    if (usedOn === null) await this.#provide();
    else if (usedOn !== this.#now.slice(0, 8)) await this.#mark();
    const { template } = this.#names;
    const sql = `CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE ${quoteIdentifier(template)}${this.#strategy()}`;
    const { clock, signal } = this.#place.context;
    for (const started = clock.monotonicMs(); ; ) {
      try {
        await session.execute(sql);
        return name;
      } catch (error) {
        const code = error instanceof ServerFailure ? error.server.code : "";
        // Another process dropped the template, because it has newer ones.
        if (code === NO_SUCH_DATABASE) await this.#provide();
        else if (code !== IN_USE || clock.monotonicMs() - started > IN_USE_LIMIT_MS) throw error;
        else await clock.sleep(POLL_MS, signal);
      }
      this.#requireContinuing();
    }
  }

  /**
   * Copying files is several times faster, but needs two checkpoints, which write all that other tests have changed and
   * wait for the disk.
   */
  #strategy(): string {
    if (this.#place.session.backend.serverVersion < 150_000) return "";
    return ` STRATEGY ${this.#waitsForDisk ? "WAL_LOG" : "FILE_COPY"}`;
  }

  /** Best effort: the template may just have been dropped, or marked by another process. */
  async #mark(): Promise<void> {
    const { session } = this.#place;
    await session.execute(markSql(this.#names.template, this.#now)).catch((error: unknown) => {
      if (!(error instanceof ServerFailure)) throw error;
    });
  }

  /** Waits until there is a complete template, made here or by another process. @throws Failure lock-held */
  async #provide(): Promise<void> {
    const { context, session } = this.#place;
    const { clock, signal, settings } = context;
    const key = lockKeyOf(this.#names.unfinished);
    const started = clock.monotonicMs();
    for (;;) {
      const [lock] = await session.query(`SELECT pg_catalog.pg_try_advisory_lock(${key})::text AS taken`);
      const isOurs = lock?.taken === "true";
      try {
        if ((await readTestDatabases(session, this.#names)).usedOn !== null) return;
        if (isOurs) return await this.#make();
      } finally {
        if (isOurs) await session.query(`SELECT pg_catalog.pg_advisory_unlock(${key})::text AS unlocked`);
      }
      this.#requireContinuing();
      if (clock.monotonicMs() - started > settings.lockWaitMs) {
        throw new Failure("lock-held", `${this.#cannot()}: another process is making the template`, {
          hint: "Wait for it to end, or allow more time with lockWaitMs.",
        });
      }
      await clock.sleep(POLL_MS, signal);
    }
  }

  async #make(): Promise<void> {
    const { context, server, wishes, session } = this.#place;
    const unfinished = quoteIdentifier(this.#names.unfinished);
    await dropUnfinished(session, this.#names);
    await session.execute(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await session.execute(`CREATE DATABASE ${unfinished}`);
    try {
      const database = await server.open(this.#names.unfinished);
      // Commands could reach other databases than this one.
      const settings = { ...context.settings, hooks: undefined };
      await fill({ ...context, settings, database }, wishes.seeds).finally(() => database.close());
      // Nobody can connect to a template by mistake, which would keep it from being copied.
      await session.execute(`ALTER DATABASE ${unfinished} WITH ALLOW_CONNECTIONS false`);
      await session.execute(markSql(this.#names.unfinished, this.#now));
      await waitForClosing(session, this.#names.unfinished);
      await session.execute(`ALTER DATABASE ${unfinished} RENAME TO ${quoteIdentifier(this.#names.template)}`);
    } catch (error) {
      await session.execute(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`).catch(() => {});
      throw error;
    }
    await dropOldTemplates(session, this.#names);
  }

  #requireContinuing(): void {
    const { signal } = this.#place.context;
    if (signal.aborted) throw interruption(signal, this.#cannot(), "No test database was created.");
  }

  #cannot(): string {
    return `Cannot ${DOING} ${this.#place.server.named.description}`;
  }
}

/** Drops a test database with all connections to it, after those that are just being closed. */
export async function dropTestDatabase(named: Database, name: string): Promise<void> {
  await withSession(named, `drop the test database ${name} with`, async (session) => {
    await waitForClosing(session, name);
    await session.execute(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`);
  });
}
