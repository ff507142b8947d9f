import { type AddressInfo, createServer, type Socket } from "node:net";

/** Something on the loopback that behaves like a PostgreSQL server as far as a test wants it to. */
export interface FakeServer {
  /** A connection string for it, without TLS. */
  readonly url: string;
  /** What clients have said so far, one character a byte. */
  readonly said: string;
  close(): void;
}

/**
 * Starts one. `answer` is called with each part of what a client says and writes to the socket what it likes.
 * @param turn 0 for the first part of a connection
 */
export async function startFakeServer(
  answer: (socket: Socket, said: Buffer, turn: number) => void,
): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  let said = "";
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let turn = 0;
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (part: Buffer) => {
      said += part.toString("latin1");
      answer(socket, part, turn++);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    url: `postgres://me:topsecret@127.0.0.1:${port}/d?sslmode=disable`,
    get said() {
      return said;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

/** A message of a server; numbers are words of four bytes. */
export function message(type: string, ...parts: readonly (string | number | Uint8Array)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part !== "number") return Buffer.from(part);
      const word = Buffer.alloc(4);
      word.writeUInt32BE(part);
      return word;
    }),
  );
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** What a server says to a client that it lets in without asking for anything. */
export const WELCOME = Buffer.concat([
  message("R", 0),
  message("S", "server_version\x0018.0\0"),
  message("S", "standard_conforming_strings\0on\0"),
  message("K", 4711, 42),
  message("Z", "I"),
]);

export const SCRAM = message("R", 10, "SCRAM-SHA-256\0\0");

/** The challenge of a server that wants the password hashed so many times. */
export function challenge(said: Buffer, iterations: number): Buffer {
  const nonce = /r=([^,]+)$/.exec(said.toString("latin1"))?.[1] ?? "";
  return message("R", 11, `r=${nonce}more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=${iterations}`);
}
