import { type Ground, makeGround, succeeded } from "../faults/support/ground.ts";
import { startMessageProxy } from "../faults/support/message-proxy.ts";
import type { Pgbouncer } from "../support/pgbouncer.ts";
import { programCommand, type RuntimeName } from "../support/program.ts";
import { followThrough } from "./follow.ts";
import type { KeepingServer } from "./kept-connections.ts";
import type { Route } from "./trial.ts";
import { difference, type States, stateOf } from "./truth.ts";
import type { Verb } from "./verbs.ts";

/** Where trials take place. */
export interface World {
  readonly server: KeepingServer;
  readonly bouncer: Pgbouncer | undefined;
  /** What the hurt command runs on; all others run as the executable, which starts fastest. */
  readonly runtime: RuntimeName;
}

/** What everything but the hurt command runs on. */
export const HELPING_RUNTIME: RuntimeName = "binary";

/** A message that an undisturbed command sends. */
export interface Turn {
  /** Counted from 0 in the order they were opened. */
  readonly connection: number;
  /** Counted from 1 among the client's messages of that connection. */
  readonly number: number;
  /** Its type and the beginning of its text, for people. */
  readonly label: string;
}

/** A verb with all that its trials are compared with. */
export interface Scene {
  readonly verb: Verb;
  readonly world: World;
  /** Starts the hurt command. */
  readonly command: readonly [string, ...string[]];
  /** The database that each trial copies. */
  readonly template: string;
  readonly states: States;
  /** After the verb and what follows it. */
  readonly final: readonly string[];
  /** All messages that the undisturbed command sends on its way to the server, or to the pooler. */
  turns(route: Route): Promise<readonly Turn[]>;
  urlOf(ground: Ground, route: Route): string;
}

/** Makes the template and watches undisturbed runs. @throws when they differ from each other */
export async function makeScene(world: World, verb: Verb): Promise<Scene> {
  const { server, bouncer } = world;
  const command = await programCommand(world.runtime);
  const urlOf = (ground: Ground, route: Route) =>
    route === "direct" ? ground.url : `${bouncer?.url(ground.database)}?sslmode=disable`;
  const original = await makeGround(server, HELPING_RUNTIME, { ...verb.grounds, inProcess: true });
  await verb.prepare(original);
  await original.atRest();
  await server.leave(original.database);
  const copy = () =>
    makeGround(server, HELPING_RUNTIME, { ...verb.grounds, template: original.database, inProcess: true });

  /** Runs it undisturbed to the very end, and keeps what it sent. */
  async function watch(route: Route): Promise<{ turns: Turn[]; states: States; final: readonly string[] }> {
    const ground = await copy();
    const before = await stateOf(ground);
    const url = new URL(urlOf(ground, route));
    const proxy = await startMessageProxy(Number(url.port));
    url.port = `${proxy.port}`;
    const turns: Turn[] = [];
    proxy.onMessage = ({ connection, from, number, type, bytes }) => {
      if (from === "client") turns.push({ connection, number, label: labelOf(type, bytes) });
      return undefined;
    };
    succeeded(await ground.run(verb.words(ground), { url: url.href, command }));
    await proxy.close();
    const done = await stateOf(ground);
    await followThrough(verb, ground, urlOf(ground, route));
    const final = await stateOf(ground);
    await server.leave(ground.database);
    await server.query("postgres", `DROP DATABASE ${ground.database} WITH (FORCE)`);
    return { turns, states: { before, done }, final };
  }

  const direct = await watch("direct");
  const watched: Partial<Record<Route, readonly Turn[]>> = { direct: direct.turns };
  return {
    verb,
    world,
    command,
    template: original.database,
    states: direct.states,
    final: direct.final,
    urlOf,
    async turns(route) {
      const known = watched[route];
      if (known) return known;
      const { turns, final } = await watch(route);
      const differs = difference(final, direct.final) || difference(direct.final, final);
      if (differs) throw new Error(`${verb.name} ${route} ends differently: ${differs}`);
      watched[route] = turns;
      return turns;
    },
  };
}

function labelOf(type: string, bytes: Buffer): string {
  const text = type === "Q" ? bytes.subarray(5, -1).toString().replace(/\s+/g, " ") : "";
  return `${type}${text && ` ${text.length > 60 ? `${text.slice(0, 59)}…` : text}`}`;
}
