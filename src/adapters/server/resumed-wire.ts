import { nextTick } from "node:process";
import type { Duplex } from "node:stream";
import { streamWire, type Wire, type WireListener } from "../session/wire.ts";

/**
 * The wire over a stream that is already logged in: it drops the driver's start-up message, and replays the server's
 * messages of the log-in.
 */
export function resumedWire(stream: Duplex, said: Buffer): Wire {
  const wire = streamWire(stream);
  let listener: WireListener | undefined;
  let isResumed = false;
  return {
    ...wire,
    attach(given) {
      listener = given;
      wire.attach(given);
      wire.pause();
    },
    write(bytes) {
      if (isResumed) return wire.write(bytes);
      isResumed = true;
      nextTick(() => {
        if (stream.destroyed) return;
        listener?.received(said);
        wire.resume();
      });
      return true;
    },
  };
}
