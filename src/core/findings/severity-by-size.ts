import { type Sizes, sizeWords, wholes } from "../statistics/sizes.ts";
import type { Relation, TracedFile, TracedStatement } from "../trace/trace.ts";
import { type Work, worksOf } from "../trace/waits.ts";

/** The sizes of production's tables, and the size below which they are small. */
export interface SizePolicy {
  readonly sizes: Sizes;
  /** In bytes, with indexes. */
  readonly small: number;
}

/** What the sizes of tables say about a finding in a statement. */
export interface SizeVerdict {
  /** "about 12 rows, 16 kB: less than a second at 40 MB/s"; undefined if a size is unknown. */
  readonly words: string | undefined;
  /** True if everything that the transaction works on from this statement on is small. */
  readonly isSmall: boolean;
}

/** Says how large the tables are that the statements of a file work on. */
export class FileSizes {
  readonly #file: TracedFile;
  readonly #policy: SizePolicy;
  readonly #works: ReadonlyMap<TracedStatement, Work>;

  constructor(file: TracedFile, policy: SizePolicy) {
    this.#file = file;
    this.#policy = policy;
    this.#works = worksOf(file);
  }

  of(statement: TracedStatement): SizeVerdict {
    const { sizes, small } = this.#policy;
    const work = this.#works.get(statement);
    if (!work) return { words: undefined, isSmall: false };
    const own = sizes.together(wholes(statement, work.relations));
    // Its lock is held until COMMIT, so that what works later in the transaction counts as well.
    const all = own && sizes.together([statement, ...this.#later(statement)].flatMap((one) => this.#worked(one)));
    return {
      words: own && sizeWords(work.kind, own),
      isSmall: all !== undefined && all.bytes + all.indexBytes < small,
    };
  }

  #later({ alone, transaction, number }: TracedStatement): TracedStatement[] {
    if (alone) return [];
    return this.#file.statements.filter((one) => one.transaction === transaction && one.number > number);
  }

  #worked(statement: TracedStatement): Relation[] {
    return wholes(statement, this.#works.get(statement)?.relations ?? []);
  }
}
