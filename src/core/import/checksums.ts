import { createHash } from "node:crypto";

/** True if a tool's checksum is that of the file's bytes; undefined for a tool without checksums. */
export function matchesChecksum(tool: string, checksum: string, bytes: Uint8Array): boolean | undefined {
  switch (tool) {
    case "Flyway":
      return checksum === String(flywayChecksum(bytes));
    case "sqlx":
      return checksum === createHash("sha384").update(bytes).digest("hex");
    case "Prisma":
      return [bytes, ...withOtherLineEnds(bytes)].some(
        (one) => checksum === createHash("sha256").update(one).digest("hex"),
      );
    default:
      return undefined;
  }
}

/** Prisma ignores how lines end. */
function withOtherLineEnds(bytes: Uint8Array): Uint8Array[] {
  const text = Buffer.from(bytes).toString("utf8").replaceAll("\r\n", "\n");
  return [text, text.replaceAll("\n", "\r\n")].map((one) => Buffer.from(one));
}

/** CRC32 of the lines without their ends and without a byte order mark, as a signed number. */
export function flywayChecksum(bytes: Uint8Array): number {
  const text = Buffer.from(bytes)
    .toString("utf8")
    .replace(/^\ufeff/, "");
  let crc = ~0;
  for (const byte of Buffer.from(text.replace(/[\r\n]/g, ""))) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc;
}

const TABLE = Int32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
