/** Size of the end of a seal, which holds its digest and length. */
export const SEAL_END_BYTES = 79;

export interface SealEnd {
  /** Length of the JSON in bytes. */
  readonly length: number;
  /** SHA-256 (hex) of the JSON. */
  readonly digest: string;
}

/** Reads the last bytes of a program; undefined if it has no seal. */
export function readSealEnd(bytes: Uint8Array): SealEnd | undefined {
  const [, digest, length] = /^ ([0-9a-f]{64}) ([0-9]{12})\n$/.exec(Buffer.from(bytes).toString("latin1")) ?? [];
  return digest === undefined ? undefined : { digest, length: Number(length) };
}
