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

export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    bun: "bun-linux-x64-baseline",
    bunPackage: "@oven/bun-linux-x64-baseline",
    deno: "x86_64-unknown-linux-gnu",
  },
  {
    name: "linux-arm64",
    bun: "bun-linux-arm64",
    bunPackage: "@oven/bun-linux-aarch64",
    deno: "aarch64-unknown-linux-gnu",
  },
  { name: "linux-x64-musl", bun: "bun-linux-x64-musl-baseline", bunPackage: "@oven/bun-linux-x64-musl-baseline" },
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
    bun: "bun-windows-x64-baseline",
    bunPackage: "@oven/bun-windows-x64-baseline",
    deno: "x86_64-pc-windows-msvc",
  },
  { name: "windows-arm64", bun: "bun-windows-arm64", bunPackage: "@oven/bun-windows-aarch64" },
];
