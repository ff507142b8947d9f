import type { Dial } from "../network/dial.ts";

/**
 * Asks the server to cancel a backend's current statement, on a separate connection (PostgreSQL documentation, 54.2.9).
 * Resolves when the server has received the request; the server does not tell whether it had an effect.
 */
export async function cancelRequest(dial: Dial, processId: number, secret: number): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeUInt32BE(request.length, 0);
  request.writeUInt32BE(CANCEL_REQUEST, 4);
  request.writeUInt32BE(processId, 8);
  request.writeUInt32BE(secret, 12);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new Error("the cancel request was not answered")), LIMIT_MS);
  try {
    const stream = await dial(deadline.signal);
    await new Promise<void>((resolve) => {
      stream.once("close", () => resolve());
      stream.once("end", () => stream.destroy());
      deadline.signal.addEventListener("abort", () => stream.destroy());
      stream.resume();
      stream.write(request);
    });
  } finally {
    clearTimeout(timer);
  }
}

const CANCEL_REQUEST = 80_877_102;
const LIMIT_MS = 5_000;
