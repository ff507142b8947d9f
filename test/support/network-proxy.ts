import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What went through a proxy since it was started or last reset. */
export interface Traffic {
  /** How often the client spoke after the server had, from the server's first ReadyForQuery on. */
  turns: number;
  /** Bytes from client to server, and from server to client, likewise after authentication. */
  sent: number;
  received: number;
}

/** Stands between a client and a server on the loopback: delays, counts and cuts. */
export interface NetworkProxy {
  readonly port: number;
  readonly traffic: Traffic;
  resetTraffic(): void;
  /**
   * Called with each part of what the client sends, before it is passed on; "cut" drops the part and breaks the
   * connection, "cut-after" passes it on first.
   */
  onSent: ((part: Buffer) => "pass" | "cut" | "cut-after") | undefined;
  /** The same for what the server answers. */
  onReceived: ((part: Buffer) => "pass" | "cut" | "cut-after") | undefined;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly host?: string;
  readonly port: number;
  /** Added to each direction, in milliseconds: half of the round-trip time. */
  readonly delayMs?: number;
}

/** Starts a proxy on a free port of the loopback. */
export async function startProxy(options: ProxyOptions): Promise<NetworkProxy> {
  const open = new Set<Socket>();
  const proxy = {
    port: 0,
    traffic: { turns: 0, sent: 0, received: 0 },
    resetTraffic() {
      proxy.traffic = { turns: 0, sent: 0, received: 0 };
    },
    onSent: undefined,
    onReceived: undefined,
    cut() {
      for (const socket of open) socket.destroy();
    },
    async close() {
      proxy.cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  } as { port: number } & NetworkProxy & { traffic: Traffic };
  const listener: Server = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: options.host ?? "127.0.0.1", port: options.port, noDelay: true });
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    let ready = false;
    let serverSpokeLast = false;
    const breakOff = () => {
      client.destroy();
      server.destroy();
    };
    const toServer = delayed(server, options.delayMs ?? 0);
    const toClient = delayed(client, options.delayMs ?? 0);
    client.on("data", (part) => {
      if (ready) {
        // Terminate is not answered.
        if (serverSpokeLast && part[0] !== 0x58) proxy.traffic.turns++;
        serverSpokeLast = false;
        proxy.traffic.sent += part.length;
      }
      const verdict = proxy.onSent?.(part) ?? "pass";
      if (verdict === "cut") return breakOff();
      toServer(part);
      if (verdict === "cut-after") setTimeout(breakOff, 50);
    });
    server.on("data", (part) => {
      // ReadyForQuery, idle: the end of what the server says at start-up.
      if (!ready && part.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]))) ready = true;
      else if (ready) proxy.traffic.received += part.length;
      serverSpokeLast = true;
      const verdict = proxy.onReceived?.(part) ?? "pass";
      if (verdict === "cut") return breakOff();
      toClient(part);
      if (verdict === "cut-after") setTimeout(breakOff, 50);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  proxy.port = (listener.address() as AddressInfo).port;
  return proxy;
}

/** Writes parts to a socket in order, each so many milliseconds after it came. */
function delayed(socket: Socket, delayMs: number): (part: Buffer) => void {
  if (delayMs === 0) return (part) => void socket.write(part);
  const queue: { due: number; part: Buffer }[] = [];
  let waiting = false;
  const flush = () => {
    const now = performance.now();
    while (queue[0] && queue[0].due <= now + 0.5) socket.write(queue.shift()?.part ?? "");
    waiting = queue[0] !== undefined;
    if (queue[0]) setTimeout(flush, queue[0].due - now);
  };
  return (part) => {
    queue.push({ due: performance.now() + delayMs, part });
    if (!waiting) setTimeout(flush, delayMs);
    waiting = true;
  };
}
