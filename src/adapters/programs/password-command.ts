import { execFile } from "node:child_process";
import process from "node:process";
import { refusedPermission } from "../../core/failure/deno-permission.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";

const TIME_LIMIT_MS = 30_000;
const LONGEST_ANSWER_BYTES = 65_536;

/**
 * Runs a command that prints the password, without a shell.
 * @param origin what messages call the place that names the command
 * @returns its output without the newline at the end
 * @throws Failure settings when it fails, prints nothing or more than one line, or takes longer than 30 seconds
 */
export function passwordFromCommand([program = "", ...args]: readonly string[], origin: string): Promise<string> {
  const failed = (reason: string, hint = "Run the command yourself to see what it prints.", cause?: unknown) =>
    new Failure("settings", `Cannot get the password from ${origin}: ${reason}`, { hint, cause });
  return new Promise((resolve, reject) => {
    const limits = { timeout: TIME_LIMIT_MS, killSignal: "SIGKILL", maxBuffer: LONGEST_ANSWER_BYTES } as const;
    const answered = (error: (Error & { code?: unknown; killed?: boolean }) | null, output: string) => {
      const password = output.replace(/\r?\n$/, "");
      // Deno's refusal has no code.
      if (error && (typeof error.code === "string" || refusedPermission(error)))
        reject(failed(...notRun(program, error), error));
      else if (error?.killed) reject(failed(`${program} did not end within ${TIME_LIMIT_MS / 1_000} s`));
      else if (error) reject(failed(`${program} ended with ${endOf(error)}`));
      else if (password === "") reject(failed(`${program} printed nothing`));
      else if (/[\r\n]/.test(password)) reject(failed(`${program} printed more than one line`));
      else resolve(password);
    };
    try {
      const child = execFile(program, args, { ...limits, encoding: "utf8" }, answered);
      // It explains what went wrong, and may ask for a key to be touched.
      child.stderr?.pipe(process.stderr);
      child.stdin?.end();
    } catch (error) {
      reject(failed(...notRun(program, error), error));
    }
  });
}

function notRun(program: string, error: unknown): [reason: string, hint: string] {
  const refused = refusedPermission(error);
  if (refused) return [refused.reason, refused.hint];
  if (error instanceof Error && "code" in error && error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") {
    return [`${program} printed more than a password`, "Let it print the password alone."];
  }
  return [`${program}: ${systemWords(error, "program")}`, "Check its name and PATH; no shell reads the command."];
}

function endOf({ code, signal }: { code?: unknown; signal?: unknown }): string {
  return typeof code === "number" ? `status ${code}` : `${signal}`;
}
