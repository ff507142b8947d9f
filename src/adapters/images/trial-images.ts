import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { replaceFile } from "../files/replace-file.ts";

/** An image of a trial database after the first migrations. */
export interface TrialImage {
  /** How many migrations are applied in it. */
  readonly applied: number;
  /** A compressed `pageDelta` against an empty database. */
  readonly delta: Uint8Array;
  /** Texts about this database, by their names. */
  readonly notes: Notes;
}

export type Notes = Readonly<Record<string, string>>;

/** The first line of an image's file, as JSON; the compressed notes and the delta follow. */
interface Head {
  readonly key: string;
  readonly applied: number;
  /** The size of the notes, in bytes. */
  readonly noted: number;
  /** SHA-256 of everything after this line, in hex. */
  readonly checksum: string;
}

/**
 * Images of trial databases in the user's cache directory, one for each project. Everything here is only faster than
 * doing it again: whatever cannot be read, or is damaged, is not there, and what cannot be written is not kept.
 */
export class TrialImages {
  readonly #directory: string;
  readonly #path: string;

  /**
   * @param directory made when something is kept
   * @param project what tells projects apart: the path of the migrations
   */
  constructor(directory: string, project: string) {
    this.#directory = directory;
    this.#path = join(directory, `${sha256(project).slice(0, 32)}${ENDING}`);
  }

  /** The image of the project. @param keys the nth for its first n migrations; an image with another key is no use */
  find(keys: readonly string[]): TrialImage | undefined {
    try {
      const content = readFileSync(this.#path);
      const end = content.indexOf("\n");
      const { key, applied, noted, checksum } = JSON.parse(content.toString("utf8", 0, end)) as Head;
      const rest = content.subarray(end + 1);
      if (keys[applied - 1] !== key || sha256(rest) !== checksum) return undefined;
      const notes = JSON.parse(inflateRawSync(rest.subarray(0, noted)).toString()) as Notes;
      return { applied, delta: rest.subarray(noted), notes };
    } catch {
      return undefined;
    }
  }

  /** Replaces the project's image, also while other processes read or replace it. */
  keep(key: string, { applied, delta, notes }: TrialImage): void {
    const compressed = deflateRawSync(JSON.stringify(notes), { level: 1 });
    const rest = Buffer.concat([compressed, delta]);
    const head: Head = { key, applied, noted: compressed.length, checksum: sha256(rest) };
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      replaceFile(this.#path, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), rest]), 0o600);
      this.#removeOld();
    } catch {
      // The next check takes longer.
    }
  }

  /** Removes the images that were not written for longest, and what a killed process left. */
  #removeOld(): void {
    const files = readdirSync(this.#directory)
      .map((name) => join(this.#directory, name))
      .map((path) => ({ path, at: statSync(path).mtimeMs }))
      .sort((left, right) => right.at - left.at);
    const images = files.filter(({ path }) => path.endsWith(ENDING));
    const parts = files.filter(({ path, at }) => path.endsWith(".tmp") && Date.now() - at > LONGEST_WRITE_MS);
    for (const { path } of [...images.slice(MOST_IMAGES), ...parts]) rmSync(path, { force: true });
  }
}

const ENDING = ".image";
/** Each has about half a megabyte. */
const MOST_IMAGES = 20;
const LONGEST_WRITE_MS = 3_600_000;

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
