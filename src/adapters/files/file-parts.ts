import type { FileSystem } from "../../ports/file-system.ts";

/** The file system, which gives the kept texts for paths that stand for parts of files. */
export function withParts(files: FileSystem): FileSystem {
  const texts = new Map<string, Uint8Array>();
  return {
    ...files,
    read(path) {
      const text = texts.get(path);
      return text ? [text] : files.read(path);
    },
    readStart(path) {
      const bytes = texts.get(path);
      return bytes ? { bytes, whole: true } : files.readStart(path);
    },
    beginHash: (path) => (texts.has(path) ? undefined : files.beginHash?.(path)),
    parts: {
      keep: (path, text) => void texts.set(path, Buffer.from(text)),
      whole: (path) => files.read(path),
    },
  };
}
