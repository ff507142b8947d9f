import { createServer, type Socket } from "node:net";

/** A server that is none: it asks whoever comes for the password, notes the answer, and refuses. */
export interface PasswordCatcher {
  readonly port: number;
  /** All that clients have sent, as Latin-1. */
  readonly heard: string[];
  /** The answers to its question. */
  readonly passwords: string[];
  close(): void;
}

/** The body of the server's question (PostgreSQL documentation, 54.7, Authentication...). */
const QUESTIONS = { "clear text": [0, 0, 0, 3], md5: [0, 0, 0, 5, 1, 2, 3, 4] } as const;

export async function catchPasswords(question: keyof typeof QUESTIONS): Promise<PasswordCatcher> {
  const heard: string[] = [];
  const passwords: string[] = [];
  const sockets = new Set<Socket>();
  const body = Buffer.from(QUESTIONS[question]);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let asked = false;
    socket.on("data", (data) => {
      heard.push(data.toString("latin1"));
      if (data.length === 8) {
        // No TLS here.
        socket.write("N");
      } else if (!asked) {
        asked = true;
        socket.write(Buffer.concat([Buffer.from([0x52, 0, 0, 0, body.length + 4]), body]));
      } else if (data[0] === 0x70) {
        passwords.push(data.subarray(5, data.indexOf(0, 5)).toString());
        const words = Buffer.from("SFATAL\0C28P01\0Mno\0\0");
        const head = Buffer.alloc(5);
        head.write("E");
        head.writeInt32BE(words.length + 4, 1);
        socket.end(Buffer.concat([head, words]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the catcher has no port");
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: address.port, heard, passwords, close };
}
