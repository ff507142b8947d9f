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
    for (const { path, isDirectory, mode, bytes } of this.#entries) {
      if (isDirectory) FS.mkdir(`${DATA}/${path}`, mode);
      else FS.createDataFile(DATA, path, bytes, true, true, true);
    }
  }
}

type Runtime = Parameters<NonNullable<Options["preRun"]>[number]>[0];
