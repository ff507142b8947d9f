import { basename, dirname } from "node:path/posix";
import { MemoryFS } from "@electric-sql/pglite";
import type { ArchiveEntry } from "../images/archive.ts";
import { DATA } from "./pglite-image.ts";

type Options = Parameters<MemoryFS["init"]>[1];

/**
 * The file system in memory of a PGlite that begins with the files of a database. PGlite writes into the given bytes, so
 * no other code may use them. A part of the built embedded database. PGlite can also begin with an archive, but copies the
 * archive several times, which takes half of its start and 150 MB.
 */
export class FilesInMemory extends MemoryFS {
  readonly #entries: Iterable<ArchiveEntry>;

  /** @param entries the data directory; directories come before what is in them */
  constructor(entries: Iterable<ArchiveEntry>) {
    super();
    this.#entries = entries;
  }

  override async init(...given: Parameters<MemoryFS["init"]>): ReturnType<MemoryFS["init"]> {
    const { emscriptenOpts } = await super.init(...given);
    const preRun = [...(emscriptenOpts.preRun ?? []), (runtime: Runtime) => this.#make(runtime)];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }

  #make({ FS }: Runtime): void {
    FS.mkdirTree(DATA);
    // Emscripten looks a path up six times to create a file at it; the schema of 2,000 tables has 10,000 files.
    const known = new Map<string, MemoryNode>();
    const directoryOf = (path: string) => {
      const node = known.get(path) ?? (FS.lookupPath(`${DATA}/${path}`, {}).node as unknown as MemoryNode);
      known.set(path, node);
      return node;
    };
    for (const { path, isDirectory, mode, bytes } of this.#entries) {
      if (isDirectory) FS.mkdir(`${DATA}/${path}`, mode);
      else {
        const directory = directoryOf(dirname(path));
        const node = directory.node_ops.mknod(directory, basename(path), REGULAR_FILE | mode, 0);
        node.contents = bytes;
        node.usedBytes = bytes.length;
      }
    }
  }
}

const REGULAR_FILE = 0o100000;

/** What Emscripten's types do not say of a file or directory in memory. */
interface MemoryNode {
  contents: Uint8Array;
  usedBytes: number;
  readonly node_ops: { mknod(parent: MemoryNode, name: string, mode: number, device: number): MemoryNode };
}

type Runtime = Parameters<NonNullable<Options["preRun"]>[number]>[0];
