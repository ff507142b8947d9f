/** SQL that stands for an extension which the embedded database lacks. */
export interface StandIn {
  /** The extension's name. */
  readonly name: string;
  /** Creates what the extension would create. */
  readonly sql: string;
  readonly control: Control;
}

/** The parameters of a control file that matter for an extension of plain SQL. */
export interface Control {
  readonly defaultVersion?: string;
  /** The only schema that the extension can be created in. */
  readonly schema?: string;
  /** The names of extensions that it needs, separated by commas. */
  readonly requires?: string;
  readonly relocatable?: boolean;
}

/** The extensions of an embedded database that keeps no data. */
export interface ExtraExtensions {
  readonly standIns: readonly StandIn[];
  /** Directories whose node_modules may have extensions for PGlite, the nearest first. */
  readonly packageDirectories: readonly string[];
}

/** The extension's comment in its control file, which shows that it is a stand-in: pgstep's own, or that of a file. */
export const STAND_IN_COMMENTS = { ofPgstep: "stand-in of pgstep", ofFile: "stand-in of the project" } as const;

/**
 * The available extensions, as pgstep asks for them: it wants to know about those that the database has, so the files of
 * others need not be there.
 */
export const AVAILABLE_EXTENSIONS = "pg_catalog.pg_available_extensions()";

/** The npm packages with extensions for PGlite that were tried, by the extension's name. */
export const PGLITE_PACKAGES: Readonly<Record<string, string>> = {
  age: "@electric-sql/pglite-age",
  pg_hashids: "@electric-sql/pglite-pg_hashids",
  pg_ivm: "@electric-sql/pglite-pg_ivm",
  pg_uuidv7: "@electric-sql/pglite-pg_uuidv7",
  pgtap: "@electric-sql/pglite-pgtap",
  vector: "@electric-sql/pglite-pgvector",
};

const DEFAULT_VERSION = "1";

/** A comment, or a parameter with a value: as PostgreSQL reads settings files. */
const LINE = /^\s*(?:(?<name>\w+)(?:\s*=\s*|\s+)(?:'(?<quoted>(?:[^']|'')*)'|(?<bare>[^\s'#]+))\s*)?(?:#.*)?$/;

/** Reads a control file; returns the number of the first line that cannot be read. */
export function parseControl(text: string): Control | number {
  const values = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const { groups } = LINE.exec(line) ?? {};
    if (!groups) return index + 1;
    const { name, quoted, bare = "" } = groups;
    if (name !== undefined) values.set(name, quoted?.replaceAll("''", "'") ?? bare);
  }
  const version = values.get("default_version");
  const [schema, requires, relocatable] = ["schema", "requires", "relocatable"].map((name) => values.get(name));
  return {
    ...(version !== undefined && { defaultVersion: version }),
    ...(schema !== undefined && { schema }),
    ...(requires !== undefined && { requires }),
    ...(relocatable !== undefined && { relocatable: /^(?:t|true|y|yes|on|1)$/i.test(relocatable) }),
  };
}

/** The version that CREATE EXTENSION creates if it names none. */
export function defaultVersionOf({ control }: StandIn): string {
  return control.defaultVersion ?? DEFAULT_VERSION;
}

/** The text of the control file that PostgreSQL gets. */
export function controlText(standIn: StandIn, comment: string): string {
  const { control, sql } = standIn;
  const { schema, requires, relocatable = schema === undefined && !sql.includes("@extschema") } = control;
  const entries = { comment, default_version: defaultVersionOf(standIn), schema, requires };
  return [
    ...Object.entries(entries).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${quoted(value)}`])),
    `relocatable = ${relocatable}`,
    "",
  ].join("\n");
}

function quoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** A version of an extension that a statement names. */
export interface AskedVersion {
  readonly name: string;
  readonly version: string;
}

const EXTENSION_NAME = /^\s+(?:if\s+not\s+exists\s+)?(?:"(?<quoted>[^"]+)"|(?<bare>[\w$]+))/i;
const VERSION = /\b(?:version|update\s+to)\s+(?:'(?<quoted>[\w.]+(?:-[\w.]+)*)'|"(?<name>[\w.]+)"|(?<bare>\w+))/i;
/** The clauses of a statement that end before a version fit into this. */
const LONGEST_CLAUSES = 200;

/**
 * The versions that CREATE EXTENSION and ALTER EXTENSION in a text ask for, also inside functions. PostgreSQL looks for
 * a file of each version, so that a stand-in needs one.
 */
export function askedVersions(text: string): AskedVersion[] {
  return text
    .split(/\bextension\b/i)
    .slice(1)
    .flatMap((after) => {
      const named = EXTENSION_NAME.exec(after.slice(0, LONGEST_CLAUSES));
      if (!named) return [];
      const clauses = after.slice(named[0].length, named[0].length + LONGEST_CLAUSES).replace(/;.*$/s, "");
      const { quoted, name, bare } = VERSION.exec(clauses)?.groups ?? {};
      const version = quoted ?? name ?? bare;
      if (version === undefined) return [];
      return [{ name: named.groups?.quoted ?? named.groups?.bare?.toLowerCase() ?? "", version }];
    });
}
