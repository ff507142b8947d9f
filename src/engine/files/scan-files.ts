import type { SqlFile } from "../../core/migrations/migration.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { ScanOptions } from "../../core/scanner/statement-scanner.ts";
import type { CopyBytes, Piece } from "../../core/sql/statement.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** Reads the pieces of a file. */
export type ScanFile = (file: SqlFile, options: ScanOptions) => Iterable<Piece | CopyBytes>;

/** Reads each file when it is asked for. */
export function scanFiles(fileSystem: FileSystem): ScanFile {
  return ({ path }, options) => scanBytes(fileSystem.read(path), options);
}

/** Larger files are read twice: their pieces take several times as much memory. */
const KEPT_BYTES = 1 << 16;

/** Reads small files once, although each is asked for twice, with the same options. */
export function scanFilesTwice(fileSystem: FileSystem): ScanFile {
  const scan = scanFiles(fileSystem);
  const kept = new Map<SqlFile, readonly (Piece | CopyBytes)[]>();
  return (file, options) => {
    const before = kept.get(file);
    if (before) {
      kept.delete(file);
      return before;
    }
    if (file.size > KEPT_BYTES) return scan(file, options);
    const pieces = [...scan(file, options)];
    kept.set(file, pieces);
    return pieces;
  };
}
