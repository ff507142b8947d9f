import type { Duplex } from "node:stream";
import type { CopyData } from "./copy-data.ts";

/** A connected stream of bytes to one backend, encrypted already where that was asked for. */
export interface Wire {
  /** Called once, before anything is written. */
  attach(listener: WireListener): void;
  /** Must return false when the next write should wait for `drained`; the bytes are taken in either case. */
  write(bytes: Uint8Array): boolean;
  /** Closes after what was written. */
  end(): void;
  /** Closes now. */
  destroy(): void;
  /** Stop and restart `received`. */
  pause(): void;
  resume(): void;
  /** Whether the bytes that `received` gets are valid during its call only. */
  readonly reusesMemory?: boolean;
  /**
   * Takes the data for the message with this number (counted from 1), where the backend cannot be sent data when it
   * asks for it; absent where it can.
   */
  readonly provideCopyData?: (message: number, data: CopyData) => void;
}

export interface WireListener {
  received(bytes: Buffer): void;
  drained(): void;
  /** Called exactly once, whoever closed it. */
  closed(error: Error | undefined): void;
}

/** The wire over a connected stream: TCP, a Unix socket, TLS. */
export function streamWire(stream: Duplex): Wire {
  return {
    attach(listener) {
      let failure: Error | undefined;
      stream.on("data", (bytes: Buffer) => listener.received(bytes));
      stream.on("drain", () => listener.drained());
      stream.on("error", (error: Error) => {
        failure = error;
      });
      // A server that has sent its last word will not read ours any more.
      stream.on("end", () => stream.end());
      stream.on("close", () => listener.closed(failure));
      if (stream.destroyed) listener.closed(undefined);
      else stream.resume();
    },
    write: (bytes) => stream.write(bytes),
    end: () => void stream.end(),
    destroy: () => void stream.destroy(),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  };
}
