import type { Duplex } from "node:stream";
import type { CopyData } from "./copy-data.ts";

/** A connected stream of bytes to one backend, already encrypted if requested. */
export interface Wire {
  /** Called once, before anything is written. */
  attach(listener: WireListener): void;
  /** Must return false if the next write should wait for `drained`; the bytes are accepted in either case. */
  write(bytes: Uint8Array): boolean;
  /** Closes after sending all written bytes. */
  end(): void;
  /** Closes now. */
  destroy(): void;
  /** Stop and restart `received`. */
  pause(): void;
  resume(): void;
  /** True if it costs little to write twice what could be written at once. */
  readonly isNear?: boolean;
  /** True if the bytes that `received` gets are valid only during its call. */
  readonly reusesMemory?: boolean;
  /**
   * Takes the data for the message with this number, from 1. Only on a wire whose backend cannot wait for data that it
   * asks for.
   */
  readonly provideCopyData?: (message: number, data: CopyData) => void;
}

export interface WireListener {
  received(bytes: Buffer): void;
  drained(): void;
  /** Called exactly once, whichever side closed it. */
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
      // A server that has ended its side reads nothing more.
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
