import type { Session } from "../../ports/session.ts";

/** The answer of a session that has logged in already to a client's start-up packet (PostgreSQL documentation, 54.7). */
export function startUpAnswer({ backend, state }: Session): Uint8Array {
  const parameters: Readonly<Record<string, string>> = {
    ...backend.parameters,
    standard_conforming_strings: state.standardConformingStrings ? "on" : "off",
  };
  const identity = Buffer.alloc(8);
  identity.writeUInt32BE(backend.processId, 0);
  return Buffer.concat([
    message("R", Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => message("S", Buffer.from(`${name}\0${value}\0`))),
    message("K", identity),
    message("Z", Buffer.from(STATUS[state.transaction])),
  ]);
}

const STATUS = { none: "I", open: "T", failed: "E" } as const;

function message(type: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, "latin1");
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}
