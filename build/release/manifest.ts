import { createHash } from "node:crypto";

/** The content of a release's manifest.json. */
export interface Manifest {
  readonly format: 1;
  readonly name: "pgstep";
  readonly version: string;
  /** Ends in "-dirty" if files differed from the commit. */
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
  /** The program in the archive; its digest does not depend on the packing. */
  readonly executable?: { readonly path: string; readonly size: number; readonly sha256: string };
}

export function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
