/** A statement that changes one schema towards another. */
export interface Action {
  readonly sql: string;
  /** When it is tried: the order that mostly works. */
  readonly phase: number;
  /** The order within its phase. */
  readonly order: number;
  /** What to do instead if it cannot be done, best first. */
  readonly otherwise?: readonly (readonly Action[])[];
  /** SQL expressions of rows (catalog, oid, column): the objects whose dependents may be in the way. */
  readonly targets?: readonly Target[];
  /** What it deletes for good: "table public.t". */
  readonly loses?: readonly string[];
  /** It must be committed before other statements. */
  readonly isAlone?: true;
  /** The author of the schema has said that an object has another name. */
  readonly isRename?: true;
  /** The other form of the statement, which locks a large table only briefly. */
  readonly safe?: SafeForm;
}

/** The parts of a table that are built or checked without blocking it for long. */
export interface SafeForm {
  readonly kind: "index" | "constraint" | "unique" | "not null";
  readonly table: string;
  /** The index, constraint or column. */
  readonly name: string;
}

/** An object of the first schema. */
export interface Target {
  readonly catalog: string;
  /** SQL for its oid. */
  readonly oid: string;
  /** A column of it, without quotes. */
  readonly column?: string;
}

/** Phases: creating follows the order of PostgreSQL's objects, deleting goes the other way round. */
export const PHASE = {
  addValue: 0,
  dropPart: 5,
  dropView: 10,
  dropForeignKey: 12,
  dropConstraint: 14,
  detach: 16,
  rename: 17,
  dropDefault: 18,
  schema: 20,
  extension: 21,
  language: 22,
  type: 24,
  sequence: 26,
  routine: 28,
  table: 30,
  addColumn: 36,
  changeColumn: 37,
  setDefault: 38,
  notNull: 39,
  changeTable: 40,
  owned: 41,
  key: 50,
  check: 52,
  index: 53,
  attach: 54,
  attachIndex: 55,
  marks: 56,
  view: 57,
  foreignKey: 60,
  validate: 62,
  trigger: 64,
  rowSecurity: 66,
  policy: 67,
  dropColumn: 70,
  publication: 72,
  privileges: 74,
  comment: 76,
  eventTrigger: 78,
  dropTable: 80,
  dropRoutine: 82,
  dropSequence: 84,
  dropType: 86,
  dropOther: 88,
  dropExtension: 90,
  dropSchema: 92,
  uncomment: 95,
} as const;

export function ordered(actions: readonly Action[]): Action[] {
  return [...actions].sort((one, other) => one.phase - other.phase || one.order - other.order);
}

export function relationTarget(name: string, column?: string): Target {
  const oid = `pg_catalog.to_regclass('${name.replaceAll("'", "''")}')`;
  return { catalog: "pg_class", oid, ...(column !== undefined && { column }) };
}

export function typeTarget(name: string): Target {
  return { catalog: "pg_type", oid: `pg_catalog.to_regtype('${name.replaceAll("'", "''")}')` };
}
