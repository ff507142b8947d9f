import { kill, pid } from "node:process";
import { printableLine } from "../../core/text/display.ts";

/** The terminal to ask at: the question goes to the output. */
export interface PasswordTerminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** False in JSON and CI, where no person can answer. */
  readonly mayAsk: boolean;
}

/**
 * Asks at the terminal for the password of a user, without echo. Resolves to undefined if there is no terminal, the
 * answer is empty, or the signal is aborted first.
 */
export async function askPassword(
  { input, output, mayAsk }: PasswordTerminal,
  user: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!mayAsk || !input.isTTY || !output.isTTY || signal?.aborted) return undefined;
  input.setRawMode(true);
  try {
    output.write(`Password for user ${printableLine(user)}: `);
    return await line(input, signal);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write("\n");
  }
}

function line(input: NodeJS.ReadStream, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = "";
    const finish = (answer: string | undefined) => {
      input.off("data", read);
      input.off("end", end);
      signal?.removeEventListener("abort", end);
      resolve(answer || undefined);
    };
    const end = () => finish(undefined);
    const read = (bytes: Buffer | string) => {
      for (const character of bytes.toString()) {
        if (character === "\r" || character === "\n") return finish(typed);
        if (character === CONTROL_C) {
          // In raw mode the terminal does not turn Ctrl-C into a signal.
          input.setRawMode(false);
          kill(pid, "SIGINT");
          return signal ? undefined : finish(undefined);
        }
        if (character === CONTROL_D && typed === "") return finish(undefined);
        if (character === BACKSPACE || character === DELETE) typed = Array.from(typed).slice(0, -1).join("");
        else if (character === CONTROL_U) typed = "";
        else typed += character;
      }
    };
    input.on("data", read);
    input.on("end", end);
    signal?.addEventListener("abort", end);
    input.resume();
  });
}

const CONTROL_C = "\u0003";
const CONTROL_D = "\u0004";
const CONTROL_U = "\u0015";
const BACKSPACE = "\u0008";
const DELETE = "\u007f";
