/**
 * The client's messages of a log-in (PostgreSQL documentation, 54.7 Message Formats).
 * All servers support version 3.0 of the protocol.
 */
export function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).flat();
  const body = Buffer.from(`${pairs.map((text) => `${text}\0`).join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + body.length, 0);
  head.writeUInt32BE(VERSION, 4);
  return Buffer.concat([head, body]);
}

const VERSION = 3 << 16;

/** A password, or the hash of one. */
export function passwordMessage(text: string): Buffer {
  return message(Buffer.from(`${text}\0`));
}

/** The first message of a mechanism. */
export function saslInitialMessage(mechanism: string, data: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(data), 0);
  return message(Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(data)]));
}

/** A later message of a mechanism. */
export function saslMessage(data: string): Buffer {
  return message(Buffer.from(data));
}

function message(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = PASSWORD;
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const PASSWORD = 0x70;
