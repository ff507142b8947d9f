/// <reference lib="esnext.disposable" preserve="true" />
import { resolve } from "node:path";
import type { DriverConnection } from "../adapters/connection/driver-settings.ts";
import { namedTarget, openTarget } from "../assembly.ts";
import { databaseSources } from "../core/configuration/database-sources.ts";
import { type OptionChecks, ofType } from "../core/configuration/library-options.ts";
import { noDatabaseNamed } from "../core/configuration/no-database.ts";
import { urlOf, urlWithDatabase } from "../core/connection/database-url.ts";
import type { ServerTarget } from "../core/connection/target.ts";
import { Failure } from "../core/failure/failure.ts";
import { withoutSecrets } from "../engine/session/mask-secrets.ts";
import {
  createTestDatabase as create,
  dropTestDatabase,
  fill,
  type TestServer,
} from "../engine/test-database/create.ts";
import { fingerprint } from "../engine/test-database/fingerprint.ts";
import type { CopiedPglite, PgliteMaker } from "../ports/pglite.ts";
import { beginCall, type Call, maskingFailures } from "./call.ts";
import { type MigrationRunnerOptions, RUNNER_OPTIONS } from "./options.ts";

/** Options of a test database: those of a runner, and the following. */
export interface TestDatabaseOptions extends MigrationRunnerOptions {
  /** Run the seeds after the migrations. Default: false. */
  readonly seeds?: boolean;
  /**
   * If the role may not create databases, migrate the named database itself, which all tests then share. Only for a
   * database that contains nothing but tests. Default: false, and the call rejects.
   */
  readonly allowShared?: boolean;
}

/** Options of a test database in PGlite. */
export interface PgliteTestDatabaseOptions<Instance>
  extends Omit<TestDatabaseOptions, "url" | "connection" | "allowShared" | "passwordFile" | "passwordCommand"> {
  /** The class `PGlite` of the program's own package, or a function that passes its argument on to `PGlite.create`. */
  readonly pglite: PgliteMaker<Instance>;
}

/** A migrated database on a server, for one test or test file. */
export interface TestDatabase {
  /** For any driver: the URL that was given, with this database's name. */
  readonly url: string;
  readonly name: string;
  /** True if it is the named database itself, because the role may not create another one. */
  readonly isShared: boolean;
  /** Drops the database with all connections to it; a shared one stays. Safe to call twice. */
  drop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A migrated PGlite, for one test or test file. */
export interface PgliteTestDatabase<Instance> {
  readonly pglite: Instance;
  /** Closes the instance. Safe to call twice. */
  drop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates a migrated database for tests. On a server it is a copy of a template, which is made once for each state of
 * the files and shared by all test workers; in PGlite a copy of an image, which is made once in each process.
 * Rejects with a `Failure`.
 */
export function createTestDatabase<Instance extends CopiedPglite>(
  options: PgliteTestDatabaseOptions<Instance>,
): Promise<PgliteTestDatabase<Instance>>;
export function createTestDatabase(options?: TestDatabaseOptions): Promise<TestDatabase>;
export function createTestDatabase<Instance extends CopiedPglite>(
  options: TestDatabaseOptions | PgliteTestDatabaseOptions<Instance> = {},
): Promise<TestDatabase | PgliteTestDatabase<Instance>> {
  return maskingFailures<TestDatabase | PgliteTestDatabase<Instance>>(() =>
    "pglite" in options ? inPglite(options) : onServer(options),
  );
}

const OPTIONS: OptionChecks = { ...RUNNER_OPTIONS, seeds: ofType("boolean"), allowShared: ofType("boolean") };
const { url: _url, connection: _connection, allowShared: _allowShared, ...OF_PGLITE } = OPTIONS;
const PGLITE_OPTIONS: OptionChecks = {
  ...OF_PGLITE,
  pglite: (value) => (typeof value === "function" ? undefined : ofType("object")(value)),
};
const NAME = "createTestDatabase";

async function onServer(options: TestDatabaseOptions): Promise<TestDatabase> {
  const { seeds = false, allowShared = false, ...given } = options;
  const call = beginCall(given, { name: NAME, checks: OPTIONS, options });
  const { context } = call;
  const server = await testServer(options, call);
  const wishes = { seeds, allowShared, directory: resolve(context.settings.directory) };
  try {
    const { name, isShared } = await create(context, server, wishes);
    call.rethrow();
    const url = await server.url(name);
    let dropped: Promise<void> | undefined;
    const drop = () =>
      (dropped ??= isShared ? Promise.resolve() : maskingFailures(() => dropTestDatabase(server.named, name)));
    return { url, name, isShared, drop, [Symbol.asyncDispose]: drop };
  } finally {
    await server.named.close();
  }
}

/** The server that the options name. @throws Failure settings */
async function testServer(
  { connection }: TestDatabaseOptions,
  { settings, context: { emit } }: Call,
): Promise<TestServer & { url(database: string): Promise<string> }> {
  const { placeholders, passwordFile, passwordCommand } = settings.values;
  if (connection) {
    const [{ serverOfConnection }, { PostgresDatabase }] = await Promise.all([
      import("../adapters/connection/given-connection.ts"),
      import("../adapters/server/postgres-database.ts"),
    ]);
    const { target, reach }: DriverConnection = serverOfConnection(connection);
    const open = (database: string) =>
      withoutSecrets(new PostgresDatabase({ ...target, database }, { emit }, reach), placeholders);
    return { named: open(target.database), open: async (name) => open(name), url: (name) => builtUrl(target, name) };
  }
  const target = await namedTarget(databaseSources(settings))();
  if (!target) throw noDatabaseNamed();
  if (target.kind === "embedded") {
    throw new Failure("settings", "Cannot create a test database: the URL names the embedded database", {
      hint: 'Pass the class PGlite of your own package "@electric-sql/pglite": createTestDatabase({ pglite: PGlite }).',
    });
  }
  const open = (database: string) => openTarget({ ...target, database }, settings.values, { emit });
  return {
    named: await open(target.database),
    open,
    async url(name) {
      // A driver does not know the setting from which the password comes.
      const isComplete = passwordFile === undefined && passwordCommand === undefined;
      const same = isComplete ? urlWithDatabase(settings.values.url ?? "", name) : undefined;
      return same ?? (await builtUrl(target, name));
    },
  };
}

async function builtUrl(target: ServerTarget, database: string): Promise<string> {
  return urlOf(target, database, await target.hosts[0]?.password());
}

async function inPglite<Instance extends CopiedPglite>(
  options: PgliteTestDatabaseOptions<Instance>,
): Promise<PgliteTestDatabase<Instance>> {
  const { pglite: maker, seeds = false, ...given } = options;
  const call = beginCall(given, { name: NAME, checks: PGLITE_OPTIONS, options });
  // Commands could reach other databases than this one.
  const context = { ...call.context, settings: { ...call.context.settings, hooks: undefined } };
  const [{ copiedPglite }, { GivenPglite }] = await Promise.all([
    import("../adapters/embedded/pglite-copies.ts"),
    import("../adapters/embedded/given-pglite.ts"),
  ]);
  const pglite = await copiedPglite(maker, fingerprint(context, seeds), async (instance) => {
    const database = new GivenPglite(instance);
    await fill({ ...context, database }, seeds).finally(() => database.close());
  });
  call.rethrow();
  let dropped: Promise<void> | undefined;
  const drop = () => (dropped ??= pglite.close());
  return { pglite, drop, [Symbol.asyncDispose]: drop };
}
