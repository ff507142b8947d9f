import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/** The checkout, whatever the working directory is. */
export const ROOT = join(import.meta.dirname, "..");

const EXECUTABLE = process.platform === "win32" ? ".exe" : "";

/**
 * Paths of a runtime's executable: npm puts it in a package for its platform; the runtime's install script, if allowed
 * to run, moves it into the main package. npm installs only the packages for this platform.
 */
const PLACES = {
  bun: [
    ...bunPackages().map((name) => `@oven/${name}/bin/bun${EXECUTABLE}`),
    // Without the install script this is a text of a few hundred bytes.
    "bun/bin/bun.exe",
  ],
  deno: [
    `@deno/${process.platform}-${process.arch}-glibc/deno`,
    `@deno/${process.platform}-${process.arch}/deno${EXECUTABLE}`,
    `deno/deno${EXECUTABLE}`,
  ],
} as const;

export type Runtime = keyof typeof PLACES;

const SMALLEST_RUNTIME_BYTES = 1_000_000;

/** Path of the runtime's executable among the installed packages. */
export function findRuntime(runtime: Runtime): string {
  for (const place of PLACES[runtime]) {
    const path = join(ROOT, "node_modules", place);
    if (existsSync(path) && statSync(path).size > SMALLEST_RUNTIME_BYTES) return path;
  }
  throw new Error(`node_modules has no ${runtime} for ${process.platform} ${process.arch}; run npm ci`);
}

function bunPackages(): string[] {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const processor = process.arch === "arm64" ? "aarch64" : process.arch;
  const name = `bun-${system}-${processor}`;
  return [name, `${name}-baseline`, `${name}-musl`, `${name}-musl-baseline`];
}
