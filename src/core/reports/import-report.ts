import type { Layout } from "../layout/layout.ts";
import type { Step } from "../migrations/plan.ts";

/** The answer of import. */
export interface ImportReport {
  readonly type: "import";
  readonly database: string;
  /** The tool whose history it was. */
  readonly tool: string;
  /** Its table: schema.table. */
  readonly table: string;
  readonly layout: Layout;
  readonly dryRun: boolean;
  /** The migrations that are now recorded as applied, or would be. */
  readonly recorded: readonly Step[];
  /** The names of the repeatable migrations that are now recorded. */
  readonly repeatables: readonly string[];
  /** The number of migrations that the other tool had not applied. */
  readonly pending: number;
  readonly oldTable: "kept" | "renamed" | "dropped";
  /** schema.table; null if the table is not renamed. */
  readonly renamedTo: string | null;
}
