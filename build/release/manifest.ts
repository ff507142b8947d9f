import { createHash } from "node:crypto";

/** What a release's manifest.json says. */
export interface Manifest {
  readonly format: 1;
  readonly name: "pgstep";
  readonly version: string;
  /** Ends in "-dirty" when it was not built from that commit alone. */
  readonly commit: string;
  readonly commitTime: string;
  readonly builtWith: Readonly<Record<string, string>>;
  /** Sorted by name. */
  readonly files: readonly ReleasedFile[];
}

export interface ReleasedFile {
  readonly name: string;
  readonly kind: "npm package" | "executable" | "sbom" | "installer";
  /** In bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly target?: string;
  /** What the archive holds; its digest does not depend on how it was packed. */
  readonly executable?: { readonly path: string; readonly size: number; readonly sha256: string };
}

export function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
