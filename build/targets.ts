/** A platform that release binaries are made for. */
export interface Target {
  /** Ends the file's name. */
  readonly name: string;
  /** What `bun build --compile --target` calls it. */
  readonly bun: string;
  /** The npm package whose executable becomes the binary's runtime. */
  readonly bunPackage: string;
  /** What `deno compile --target` calls it; absent where there is none. */
  readonly deno?: string;
}

/**
 * Of one processor's variants only glibc's x64 has two files: Bun 1.4.5's plain and baseline packages hold the same
 * executable, which looks for AVX2 when it starts, so that the plain ones run on older processors as well.
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

/** The name of the target that this machine is. */
export function hostTarget(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const isMusl = system === "linux" && header.glibcVersionRuntime === undefined;
  return `${system}-${process.arch}${isMusl ? "-musl" : ""}`;
}

/** The file name of an executable there. */
export function executableName(target: string): string {
  return target.startsWith("windows") ? "pgstep.exe" : "pgstep";
}

/**
 * The targets of these names.
 * @throws Error when a name is not among them
 */
export function targetsNamed(names: readonly string[]): Target[] {
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0) {
    throw new Error(`Unknown target ${unknown.join(", ")}; known: ${TARGETS.map(({ name }) => name).join(", ")}`);
  }
  return TARGETS.filter(({ name }) => names.includes(name));
}
