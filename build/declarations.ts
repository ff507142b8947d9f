import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./runtimes.ts";

/**
 * Makes the directory with index.d.ts and only the declarations that it imports. Writes them even if there are type
 * errors, which the type check reports.
 */
export async function emitDeclarations(directory: string): Promise<void> {
  const everything = `${directory}.all.${process.pid}`;
  const reached = `${directory}.${process.pid}`;
  try {
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const said = await promisify(execFile)(process.execPath, [
      compiler,
      ...["--project", join(ROOT, "tsconfig.types.json"), "--outDir", everything],
    ]).then(
      () => "",
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
    if (!existsSync(join(everything, "index.d.ts"))) throw new Error(`Cannot write type declarations:\n${said}`);
    for (const path of reachable(everything, "index.d.ts")) {
      mkdirSync(dirname(join(reached, path)), { recursive: true });
      cpSync(join(everything, path), join(reached, path));
    }
    rmSync(directory, { recursive: true, force: true });
    try {
      renameSync(reached, directory);
    } catch (error) {
      // Another build was faster, with the same content.
      if (!existsSync(join(directory, "index.d.ts"))) throw error;
    }
  } finally {
    for (const path of [everything, reached]) rmSync(path, { recursive: true, force: true });
  }
}

/** The declaration files that `first` imports, directly or indirectly. */
function reachable(directory: string, first: string): Set<string> {
  const found = new Set([first]);
  for (const path of found) {
    const text = readFileSync(join(directory, path), "utf8");
    for (const [, named = ""] of text.matchAll(/["'](\.{1,2}\/[^"']+)\.(?:js|ts)["']/g)) {
      found.add(normalize(join(dirname(path), `${named.replace(/\.d$/, "")}.d.ts`)));
    }
  }
  return found;
}
