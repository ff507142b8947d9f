import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** One message of the protocol on its way (PostgreSQL documentation, 54.7). */
export interface ProxiedMessage {
  /** Counted from 0 in the order they were opened. */
  readonly connection: number;
  readonly from: "client" | "server";
  /** Counted from 1 in its direction of its connection. */
  readonly number: number;
  /** Its first byte; "startup" for the client's first, which has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Where a connection is to be cut: so many bytes of this message still pass. */
export interface Cut {
  readonly bytes: number;
  /** How long the server goes on without noticing. */
  readonly lingerMs: number;
}

/** Stands between a client and a server on the loopback, without TLS, and cuts at exactly the byte that is wanted. */
export interface MessageProxy {
  readonly port: number;
  /** Asked about each message before it passes; the message waits for a promised answer, and so does all after it. */
  onMessage: ((message: ProxiedMessage) => Cut | undefined | Promise<Cut | undefined>) | undefined;
  /** Whether new connections get through; else they are closed at once. */
  reachable: boolean;
  close(): Promise<void>;
}

export async function startMessageProxy(serverPort: number): Promise<MessageProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  const listener = createServer({ noDelay: true }, (client) => {
    if (!proxy.reachable) return client.destroy();
    const connection = connections++;
    const server = connect({ host: "127.0.0.1", port: serverPort, noDelay: true });
    let isCut = false;
    const pass = async (message: ProxiedMessage, target: Socket) => {
      const answer = proxy.onMessage?.(message);
      const cut = answer instanceof Promise ? await answer : answer;
      if (!cut) return void target.write(message.bytes);
      isCut = true;
      if (cut.bytes > 0) target.write(message.bytes.subarray(0, cut.bytes));
      // Messages that passed earlier still arrive; no other message does.
      client.end();
      setTimeout(() => client.destroy(), 20);
      // The server finds the loss then, unless the test has ended long before.
      setTimeout(() => server.end(() => server.destroy()), cut.lingerMs).unref();
    };
    const relay = (from: ProxiedMessage["from"], source: Socket, target: Socket) => {
      const framer = new Framer(from === "client");
      let number = 0;
      let passed: Promise<unknown> = Promise.resolve();
      const then = (action: () => unknown) => {
        passed = passed.then(() => isCut || action());
      };
      open.add(source);
      source.on("error", () => {});
      source.on("data", (part) => {
        for (const [type, bytes] of framer.push(part)) {
          number++;
          const message: ProxiedMessage = { connection, from, number, type, bytes };
          then(() => pass(message, target));
        }
      });
      source.on("end", () => then(() => target.end()));
      source.on("close", () => {
        open.delete(source);
        then(() => target.destroySoon());
      });
    };
    relay("client", client, server);
    relay("server", server, client);
  });
  const proxy: MessageProxy & { port: number } = {
    port: 0,
    onMessage: undefined,
    reachable: true,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  proxy.port = (listener.address() as AddressInfo).port;
  return proxy;
}

/** Puts what arrives together to whole messages. */
class Framer {
  #startup: boolean;
  #rest = Buffer.alloc(0);

  constructor(startup: boolean) {
    this.#startup = startup;
  }

  *push(part: Buffer): Generator<[type: string, bytes: Buffer]> {
    this.#rest = this.#rest.length === 0 ? Buffer.from(part) : Buffer.concat([this.#rest, part]);
    for (;;) {
      const header = this.#startup ? 0 : 1;
      if (this.#rest.length < header + 4) return;
      const length = header + this.#rest.readUInt32BE(header);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield [this.#startup ? "startup" : String.fromCharCode(bytes[0] ?? 0), bytes];
      this.#startup = false;
    }
  }
}
