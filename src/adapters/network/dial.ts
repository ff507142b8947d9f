import { lookup } from "node:dns/promises";
import { createConnection, isIP, type NetConnectOpts } from "node:net";
import type { Duplex } from "node:stream";
import { type Host, isSocket } from "../../core/connection/target.ts";

/** Opens a new connection to one address. Aborting `signal` rejects the promise with the signal's reason. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>;

/**
 * One dial for each address of a host, in the order to try them.
 * `keepAliveMs` is as in the target.
 */
export async function dialsTo(host: Host, keepAliveMs: number | undefined): Promise<Dial[]> {
  if (isSocket(host)) return [dialAddress({ path: socketPath(host) })];
  const { port } = host;
  const keepAlive = keepAliveMs !== undefined;
  const options = { port, noDelay: true, keepAlive, keepAliveInitialDelay: keepAliveMs ?? 0 };
  if (host.address !== undefined || isIP(host.name))
    return [dialAddress({ ...options, host: host.address ?? host.name })];
  const found = await lookup(host.name, { all: true });
  return found.map(({ address }) => dialAddress({ ...options, host: address }));
}

/** The socket of a server in a directory (PostgreSQL documentation, 32.1.2, host); "@" marks the abstract namespace. */
function socketPath(host: Host): string {
  const path = `${host.name}/.s.PGSQL.${host.port}`;
  return path.startsWith("@") ? `\0${path.slice(1)}` : path;
}

function dialAddress(address: NetConnectOpts): Dial {
  return async (signal) => {
    signal.throwIfAborted();
    const socket = createConnection(address);
    await settling(socket, "connect", signal);
    return socket;
  };
}

/**
 * Resolves when the stream emits `event`. If the stream fails or closes, or the signal is aborted first, destroys the
 * stream and rejects. A later error of the stream does not end the process.
 */
export function settling(stream: Duplex, event: string, signal: AbortSignal): Promise<unknown> {
  stream.on("error", () => {});
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      stream.destroy();
      settle(() => reject(error));
    };
    const succeed = (value: unknown) => settle(() => resolve(value));
    const close = () => fail(new ClosedEarly("the server closed the connection"));
    const abort = () => fail(signal.reason);
    const settle = (finish: () => void) => {
      stream.off(event, succeed);
      stream.off("error", fail);
      stream.off("close", close);
      stream.off("end", close);
      signal.removeEventListener("abort", abort);
      finish();
    };
    stream.once(event, succeed);
    stream.once("error", fail);
    stream.once("close", close);
    stream.once("end", close);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}

/** The other side closed the connection before the expected event. */
export class ClosedEarly extends Error {
  override readonly name = "ClosedEarly";
}
