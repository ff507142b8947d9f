import { Failure } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Context } from "../session/context.ts";
import { createMigration } from "../verbs/create-migration.ts";
import type { DiffFile } from "./prove-files.ts";

export interface DiffToWrite {
  readonly description: string;
  readonly files: readonly DiffFile[];
}

/**
 * Writes the next migrations with their down files.
 * @returns the paths
 * @throws Failure file-exists
 */
export function writeDiff(context: Context, { description, files }: DiffToWrite): string[] {
  return files.flatMap(({ up, down, words, isOutside }) => {
    const contents = { up, down, isOutside };
    return createMigration(context, { description: `${description} ${words}`, down: true, contents }).paths;
  });
}

/**
 * @param allowed tables and columns that may be deleted, as typed
 * @param isOfFile true if the second schema is a file, which can name renames
 * @throws Failure diff-loses-data
 */
export function requireAllowed(losses: readonly string[], allowed: readonly string[], isOfFile: boolean): void {
  const may = new Set(allowed.map(plain));
  const refused = losses.filter((one) => !may.has(plain(one)));
  if (refused.length > 0) {
    const names = refused.map(plain).join(",");
    const renamed = isOfFile
      ? "write -- Renamed: old -> new into the schema file"
      : "run the command on a terminal, and answer its question";
    throw new Failure("diff-loses-data", `Cannot write the migration: it would delete ${enumeration(refused)}`, {
      hint: `Allow it: --allow-data-loss ${names}. If something only has another name, ${renamed}.`,
    });
  }
}

/** "orders.note" for "values of column public.orders.note" */
function plain(object: string): string {
  return object.replace(/^(?:values of )?(?:table|column|attribute) /, "").replace(/^public\./, "");
}
