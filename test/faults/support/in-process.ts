import process from "node:process";
import { Writable } from "node:stream";
import { Program } from "../../../src/program.ts";
import { type Ended, type Line, storyOf } from "./child.ts";

/**
 * Runs a command line that prints JSON lines in this process, which a start of the program would take several times as
 * long for. Paths in it must be absolute.
 */
export async function runInProcess(words: readonly string[], directory: string, timeLimitMs: number): Promise<Ended> {
  const started = performance.now();
  const [stdout, stderr] = [new Kept(), new Kept()];
  const program = new Program({
    words,
    variables: { PATH: process.env.PATH, PGSTEP_BACKUP_DIR: `${directory}/backups` },
    stdin: process.stdin,
    stdout,
    stderr,
    startedWords: () => ({ words: "pgstep", given: new Set() }),
    endNow: (status) => process.exit(status),
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`pgstep ${words.join(" ")} did not end within ${timeLimitMs} ms: ${stdout.text}${stderr.text}`));
    }, timeLimitMs);
  });
  const status = await Promise.race([program.run(), late]).finally(() => clearTimeout(timer));
  const lines = stdout.text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  const durationMs = performance.now() - started;
  const told = { status, lines, stderr: stderr.text, durationMs };
  return { ...told, story: storyOf(words, told) };
}

class Kept extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
