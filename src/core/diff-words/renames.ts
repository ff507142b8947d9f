import { type Action, PHASE } from "../diff/action.ts";
import { splitName } from "../diff/names.ts";
import type { SchemaSide } from "../diff/side.ts";

/** A name that the author of a schema file has changed. */
export interface Rename {
  readonly old: string;
  readonly now: string;
  /** The line in the file. */
  readonly line: number;
}

const RENAMED = /^--\s*Renamed:/;
const ARROW = "->";

/** The lines `-- Renamed: old -> new` of a file. */
export function renamesIn(text: string): Rename[] {
  return text.split(/\r?\n/).flatMap((words, index) => {
    const [start] = RENAMED.exec(words) ?? [];
    const arrow = start === undefined ? -1 : words.indexOf(ARROW, start.length);
    if (start === undefined || arrow === -1) return [];
    const [old, now] = [words.slice(start.length, arrow).trim(), words.slice(arrow + ARROW.length).trim()];
    return old === "" || now === "" ? [] : [{ old, now, line: index + 1 }];
  });
}

/** The statement for a rename; undefined if it is done already; a text if it cannot be done. */
export function renameAction(from: SchemaSide, to: SchemaSide, { old, now }: Rename): Action | string | undefined {
  const find = (name: string, side: SchemaSide) =>
    [name, `public.${name}`].find(
      (one) => side.relations.has(one) || side.objects.has(`enum ${one}`) || side.objects.has(`domain ${one}`),
    );
  const action = (sql: string): Action => ({ sql, phase: PHASE.rename, order: 0 });
  const former = find(old, from);
  if (former !== undefined) {
    const later = find(now, to);
    if (later === undefined) return `the file has nothing named ${now}`;
    const kind = from.relations.get(former)?.toUpperCase() ?? "TYPE";
    const words = kind === "COMPOSITE TYPE" ? "TYPE" : kind;
    if (splitName(former)[0] !== splitName(later)[0]) return `${old} and ${now} are in different schemas`;
    return action(`ALTER ${words} ${former} RENAME TO ${splitName(later)[1]}`);
  }
  const [table, column] = splitName(old);
  const relation = find(table, from) ?? find(table, to);
  const name = splitName(now)[1];
  if (relation === undefined) return undefined;
  if (from.objects.has(`column ${relation}.${column}`))
    return action(`ALTER TABLE ${relation} RENAME COLUMN ${column} TO ${name}`);
  return undefined;
}
