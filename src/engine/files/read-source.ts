import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { EMPTY_CHECKSUM, emptinessOf } from "../../core/migrations/emptiness.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import { Checksum, checksumOf, decodeSource, decodeWhole, SourceDecoder } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** The facts about a file that its text decides. */
export interface Source extends Pick<SqlFile, "emptiness" | "size"> {
  /** The text that contains the header. */
  readonly start: string;
  /** A function waits for the checksum. @throws Failure history-conflict if the file was edited meanwhile */
  readonly checksum: string | (() => string);
}

/** @throws NotUtf8 and the errors of node:fs */
export function readSource(fileSystem: FileSystem, path: string): Source {
  const { bytes, whole } = fileSystem.readStart(path);
  if (!whole) return readLargeSource(fileSystem, path);
  const start = decodeWhole(bytes);
  const size = bytes.byteLength;
  const emptiness = emptinessOf(start);
  return emptiness
    ? { start, checksum: EMPTY_CHECKSUM, emptiness, size }
    : { start, checksum: checksumOf(start), size };
}

/** Hashing takes longer than everything else, so a thread does it if it can. */
function readLargeSource(fileSystem: FileSystem, path: string): Source {
  const begun = fileSystem.beginHash?.(path);
  const checksum = begun ? undefined : new Checksum();
  const decoder = new SourceDecoder();
  let size = 0;
  let start: string | undefined;
  let isUtf8 = true;
  for (const part of fileSystem.read(path)) {
    size += part.byteLength;
    checksum?.update(part);
    if (start === undefined) start = decoder.decode(part);
    else isUtf8 &&= decoder.accepts(part);
  }
  // Decoding finds the line, for the error.
  if (!isUtf8 || decoder.isInCharacter) for (const _ of decodeSource(fileSystem.read(path)));
  const later = () => {
    const found = begun?.wait() ?? hashed(fileSystem, path);
    // The statements may have been checked before the thread has read them.
    if (begun?.isUnchanged() === false) throw editedMeanwhile(path);
    return found;
  };
  return { start: start ?? "", checksum: checksum?.digest() ?? later, size };
}

/** The file, whose checksum is computed meanwhile: the property waits for it. */
export function withChecksumLater(file: Omit<SqlFile, "checksum" | "isHashing">, wait: () => string): SqlFile {
  let checksum: string | undefined;
  return {
    ...file,
    get isHashing() {
      return checksum === undefined;
    },
    get checksum() {
      checksum ??= wait();
      return checksum;
    },
  };
}

function hashed(fileSystem: FileSystem, path: string): string {
  const checksum = new Checksum();
  for (const _ of bytesOf(fileSystem, path, checksum));
  return checksum.digest();
}

/** The bytes of a file, added to the checksum. @throws Failure directory-unreadable */
export function* bytesOf(fileSystem: FileSystem, path: string, checksum?: Checksum): Generator<Uint8Array> {
  try {
    for (const part of fileSystem.read(path)) {
      checksum?.update(part);
      yield part;
    }
  } catch (cause) {
    throw new Failure("directory-unreadable", `Cannot read ${path}: ${systemWords(cause)}`, {
      hint: "It was readable a moment ago. Check that no other program moves it, then run the command again.",
      cause,
    });
  }
}

export function editedMeanwhile(path: string): Failure {
  return new Failure("history-conflict", `Cannot run ${path}: it was edited while pgstep was running`, {
    hint: "Run the command again.",
  });
}
