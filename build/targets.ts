/** A platform with release binaries. */
export interface Target {
  /** The suffix of the file name. */
  readonly name: string;
  /** The name for `bun build --compile --target`. */
  readonly bun: string;
  /** The npm package whose executable becomes the binary's runtime. */
  readonly bunPackage: string;
  /** The name for `deno compile --target`; absent if Deno does not support it. */
  readonly deno?: string;
}

/**
 * Only x64 with glibc has two files for one processor: Bun 1.4.5's plain and baseline packages contain the same
 * executable, which checks for AVX2 at start, so the plain ones run on older processors too.
 */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    bun: "bun-linux-x64",
    bunPackage: "@oven/bun-linux-x64",
    deno: "x86_64-unknown-linux-gnu",
  },
  { name: "linux-x64-baseline", bun: "bun-linux-x64-baseline", bunPackage: "@oven/bun-linux-x64-baseline" },
  {
    name: "linux-arm64",
    bun: "bun-linux-arm64",
    bunPackage: "@oven/bun-linux-aarch64",
    deno: "aarch64-unknown-linux-gnu",
  },
  { name: "linux-x64-musl", bun: "bun-linux-x64-musl", bunPackage: "@oven/bun-linux-x64-musl" },
  { name: "linux-arm64-musl", bun: "bun-linux-arm64-musl", bunPackage: "@oven/bun-linux-aarch64-musl" },
  { name: "darwin-x64", bun: "bun-darwin-x64", bunPackage: "@oven/bun-darwin-x64", deno: "x86_64-apple-darwin" },
  {
    name: "darwin-arm64",
    bun: "bun-darwin-arm64",
    bunPackage: "@oven/bun-darwin-aarch64",
    deno: "aarch64-apple-darwin",
  },
  {
    name: "windows-x64",
    bun: "bun-windows-x64",
    bunPackage: "@oven/bun-windows-x64",
    deno: "x86_64-pc-windows-msvc",
  },
  { name: "windows-arm64", bun: "bun-windows-arm64", bunPackage: "@oven/bun-windows-aarch64" },
];

/** The target name of this machine. */
export function hostTarget(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const isMusl = system === "linux" && header.glibcVersionRuntime === undefined;
  return `${system}-${process.arch}${isMusl ? "-musl" : ""}`;
}

/** The file name of an executable for a target. */
export function executableName(target: string): string {
  return target.startsWith("windows") ? "pgstep.exe" : "pgstep";
}

/**
 * The targets with these names.
 * @throws Error for an unknown name
 */
export function targetsNamed(names: readonly string[]): Target[] {
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0) {
    throw new Error(`Unknown target ${unknown.join(", ")}; known: ${TARGETS.map(({ name }) => name).join(", ")}`);
  }
  return TARGETS.filter(({ name }) => names.includes(name));
}
