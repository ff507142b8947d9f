import { type Action, PHASE } from "../diff/action.ts";
import { splitName } from "../diff-sides/names.ts";
import { isCommon, partsOf, type SchemaSide } from "../diff-sides/side.ts";

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
  const action = (sql: string): Action => ({ sql, phase: PHASE.rename, order: 0, isRename: true });
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

/** Two objects of which the second may be the first with another name. */
export interface RenameCandidate {
  /** "table", "column" ... */
  readonly kind: string;
  readonly old: string;
  readonly now: string;
}

const RENAMED_KINDS: ReadonlySet<string> = new Set(["table", "enum", "domain"]);

/** The objects that only the first schema has, each with those of the second that are equal but for the name. */
export function renameCandidates(from: SchemaSide, to: SchemaSide): RenameCandidate[] {
  const [removed, added] = [only(from, to), only(to, from)];
  return removed.flatMap((one) =>
    added
      .filter(({ kind, within, shape }) => kind === one.kind && within === one.within && shape === one.shape)
      .map(({ kind, name }) => ({ kind, old: one.name, now: name })),
  );
}

interface NamedShape {
  readonly kind: string;
  readonly name: string;
  /** The schema, or the table of a column. */
  readonly within: string;
  /** Equal for objects that are equal but for the name. */
  readonly shape: string;
}

/** The objects of one schema that the other lacks; columns only of tables that both have. */
function only(side: SchemaSide, other: SchemaSide): NamedShape[] {
  const columns = partsOf(side, "column");
  return [...side.objects].flatMap(([key, { kind, name, facts }]): NamedShape[] => {
    if (other.objects.has(key)) return [];
    const within = splitName(name)[0];
    if (kind === "column" && facts.inherited !== true && isCommon(side, other, within))
      return [{ kind, name, within, shape: String(facts.type) }];
    if (!RENAMED_KINDS.has(kind)) return [];
    const types = [...(columns.get(name) ?? [])].map(([column, { type }]) => `${column} ${type}`).sort();
    return [{ kind, name, within, shape: JSON.stringify(kind === "table" ? types : facts) }];
  });
}

const RENAME = /^(ALTER .*? )(\S+) RENAME (TO |COLUMN \S+ TO )(\S+)$/;

/** The statements that undo the renames among these, the last one first. */
export function undoneRenames(actions: readonly Action[]): Action[] {
  return actions
    .filter(({ isRename }) => isRename === true)
    .reverse()
    .map((action) => {
      const [, start = "", old = "", word = "", now = ""] = RENAME.exec(action.sql) ?? [];
      const schema = old.slice(0, old.indexOf(".") + 1);
      const [, column = ""] = /^COLUMN (\S+) TO $/.exec(word) ?? [];
      const sql =
        column === ""
          ? `${start}${schema}${now} RENAME TO ${old.slice(schema.length)}`
          : `${start}${old} RENAME COLUMN ${now} TO ${column}`;
      return { ...action, sql };
    });
}
