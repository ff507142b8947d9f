import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { signAdHoc } from "./release/sign-macho.ts";
import { findRuntime } from "./runtimes.ts";
import type { Target } from "./targets.ts";

/** The parts of one executable. */
export interface Executable {
  /** The directory with start.js, program.js and embedded/. */
  readonly directory: string;
  /** The target's name, as `pgstep --version --json` reports it. */
  readonly name: string;
  /** A runtime other than the installed Bun. */
  readonly foreign?: { readonly target: Target; readonly runtime: string };
  readonly output: string;
}

/** Makes one executable of the built program, with the embedded database inside. The same parts give the same bytes. */
export async function compileExecutable({ directory, name, foreign, output }: Executable): Promise<void> {
  const scratch = mkdtempSync(join(dirname(output), "building-"));
  try {
    const built = join(scratch, "pgstep");
    await promisify(execFile)(
      findRuntime("bun"),
      [
        ...["build", "--compile", "--format=esm", "--minify", "--keep-names", "--bytecode"],
        // Puts lazily loaded code into chunks of its own, which cost nothing until then.
        "--splitting",
        // All runtimes behave alike: only the program reads settings files, not Bun.
        ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
        // In the checkout Bun would find the package and include it a second time.
        ...["--external", "@electric-sql/*", "--asset", "embedded"],
        ...["--define", `PGSTEP_TARGET=${JSON.stringify(name)}`],
        ...(foreign ? ["--target", foreign.target.bun, "--compile-executable-path", foreign.runtime] : []),
        ...["--outfile", built, "start.js"],
      ],
      { cwd: directory, timeout: 120_000 },
    );
    if (name.startsWith("darwin")) writeFileSync(built, signAdHoc(readFileSync(built)));
    // The name that Bun gives for Windows.
    const made = existsSync(built) ? built : `${built}.exe`;
    chmodSync(made, 0o755);
    renameSync(made, output);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
