import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { backupStore } from "../../../src/adapters/files/backup-store.ts";
import { backUp } from "../../../src/engine/backup/back-up.ts";
import { reset } from "../../../src/engine/reset/reset.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import { baseline } from "../../../src/engine/verbs/baseline.ts";
import { repair } from "../../../src/engine/verbs/repair.ts";
import { resolve } from "../../../src/engine/verbs/resolve.ts";
import type { Consent } from "../../../src/ports/consent.ts";
import { type MessageProxy, type ProxiedMessage, startMessageProxy } from "../../faults/support/message-proxy.ts";
import { temporaryPlace } from "../../support/place.ts";
import { builtDump } from "../../support/schema-dump.ts";
import { refusal, type ServerWorld, succeeded, within, world } from "../support.ts";

const consent: Consent = { mayReset: async () => true, mayRepair: async () => true };

const place = temporaryPlace("cut");

const noProgram = async () => undefined;
const tools = { store: backupStore, dumpProgram: noProgram, restoreProgram: noProgram };

interface Command {
  /** Brings the database to where the command has work. */
  prepare(here: ServerWorld): Promise<void>;
  run(context: DatabaseContext): Promise<object>;
  /** Of the message with the COMMIT that matters. */
  readonly commit: readonly string[];
  /** Whether the command took effect. */
  readonly done: string;
  /** What is said where it did not. */
  readonly not: RegExp;
}

let backupPath = "";

const COMMANDS: Readonly<Record<string, Command>> = {
  baseline: {
    prepare: async () => {},
    run: (context) => baseline(context, "001"),
    commit: ["INSERT INTO", "COMMIT"],
    done: "SELECT count(*) = 1 FROM schema_migrations",
    not: /^Nothing was recorded/,
  },
  repair: {
    async prepare(here) {
      succeeded(await here.up());
      await here.rows("CREATE TABLE remembered AS SELECT checksum AS old FROM schema_migrations");
      here.write({ "001_one.sql": "CREATE TABLE one (id int); -- changed" });
    },
    run: (context) => repair(context, consent),
    commit: ["SET checksum", "COMMIT"],
    done: "SELECT checksum <> old FROM schema_migrations, remembered",
    not: /^The history was not updated/,
  },
  resolve: {
    async prepare(here) {
      succeeded(await here.up());
      await here.rows(
        "CREATE TABLE schema_migrations_steps (version varchar(255) NOT NULL, direction text NOT NULL, statement integer NOT NULL, hash text NOT NULL, started_at timestamp NOT NULL, finished_at timestamp, indexes_before text, PRIMARY KEY (version, direction, statement)); INSERT INTO schema_migrations_steps VALUES ('002', 'up', 1, '', now())",
      );
    },
    run: (context) => resolve(context, "002", "done"),
    commit: ["finished_at = ", "COMMIT"],
    done: "SELECT finished_at IS NOT NULL FROM schema_migrations_steps",
    not: /^Nothing was resolved/,
  },
  reset: {
    async prepare(here) {
      succeeded(await here.up());
    },
    run: (context) => reset(context, consent),
    commit: ["set_config('synchronous_commit'", "COMMIT"],
    done: "SELECT to_regclass('one') IS NULL",
    not: /^Not everything is deleted/,
  },
  restore: {
    async prepare(here) {
      succeeded(await here.up());
      const policy = {
        ...{ backup: "always" as const, backupDirectory: place, backupKeep: 5, backupLimit: 1e9 },
        ...{ backupVerify: "contents" as const, backupGzip: false },
      };
      backupPath = (
        await backUp({ ...here.context, schemaDump: builtDump }, { tools, policy, rehearse: async () => {} })
      ).path;
      await here.rows("INSERT INTO one VALUES (7)");
    },
    run: (context) => restore(context, tools, { path: backupPath, otherDatabase: false, without: [], consent }),
    commit: ["set_config('synchronous_commit'", "COMMIT"],
    done: "SELECT count(*) = 0 FROM one",
    not: /^It was rolled back; nothing was changed/,
  },
};

/** Runs a command through a proxy that cuts the client off, and lets the server notice nothing. */
async function cutAt(
  here: ServerWorld,
  command: Command,
  moment: (message: ProxiedMessage) => boolean,
  work: (running: Promise<object>) => Promise<void>,
  whenCut: (far: ServerWorld, proxy: MessageProxy) => void = () => {},
): Promise<void> {
  const proxy = await startMessageProxy(here.server.port);
  const url = `${here.url.replace(`:${here.server.port}`, `:${proxy.port}`)}?sslmode=disable`;
  const far = here.beside({}, { url });
  let wasCut = false;
  proxy.onMessage = (message) => {
    if (wasCut || !moment(message)) return undefined;
    wasCut = true;
    whenCut(far, proxy);
    return { bytes: 0, lingerMs: 600_000 };
  };
  try {
    await work(within(60_000, command.run(far.context)));
    assert.ok(wasCut, "the moment never came");
  } finally {
    await proxy.close();
  }
}

/** Other tests lock in other databases of the server. */
const LOCKS =
  "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

for (const [name, command] of Object.entries(COMMANDS)) {
  describe(`${name}, whose connection is lost`, () => {
    async function begun(): Promise<ServerWorld> {
      const here = await world({ "001_one.sql": "CREATE TABLE one (id int);" });
      await command.prepare(here);
      return here;
    }
    const isCommit = ({ from, bytes }: ProxiedMessage) =>
      from === "client" && command.commit.every((part) => bytes.includes(part));
    const isAnswer = () => {
      let isSent = false;
      return (message: ProxiedMessage) => {
        isSent ||= isCommit(message);
        return isSent && message.from === "server" && message.type === "C" && message.bytes.includes("COMMIT");
      };
    };

    test("before its COMMIT: it says that nothing took effect, and the lock is free", async () => {
      const here = await begun();
      await cutAt(here, command, isCommit, async (running) => {
        const failure = await refusal(running, "connection-lost");
        assert.match(failure.hint ?? "", command.not);
        assert.equal(await here.value(LOCKS), 0);
        assert.equal(await here.value(command.done), false);
      });
    });

    test("behind its COMMIT: it has succeeded, and the lock is free", async () => {
      const here = await begun();
      await cutAt(here, command, isAnswer(), async (running) => {
        await running;
        assert.equal(await here.value(LOCKS), 0);
        assert.equal(await here.value(command.done), true);
      });
    });

    test("and cannot be made again: it says that it does not know, and who has the lock", async () => {
      const here = await begun();
      await cutAt(
        here,
        command,
        isAnswer(),
        async (running) => {
          const failure = await refusal(running, "connection-lost");
          assert.match(failure.hint ?? "", /could not check .*pg_terminate_backend\(\d+\)/);
        },
        (far, proxy) => {
          proxy.reachable = false;
          far.abort.abort("interrupt");
        },
      );
    });

    test("right after it won the lock: the lock is free", async () => {
      const here = await begun();
      let isAsked = false;
      const answer = (message: ProxiedMessage) => {
        isAsked ||= message.from === "client" && message.bytes.includes("pg_try_advisory_lock");
        return isAsked && message.from === "server" && message.type === "D" && message.bytes.includes("true");
      };
      await cutAt(here, command, answer, async (running) => {
        await refusal(running, "connection-lost");
        assert.equal(await here.value(LOCKS), 0);
      });
    });
  });
}
