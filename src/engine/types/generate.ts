import type { Catalog } from "../../core/catalog/catalog.ts";
import { Failure } from "../../core/failure/failure.ts";
import { nearest } from "../../core/text/spelling.ts";
import { declareTypes } from "../../core/types/declare.ts";
import { MARK, manyFiles, oneFile } from "../../core/types/files.ts";
import type { Format } from "../../core/types/format.ts";
import { interfaces } from "../../core/types/interfaces.ts";
import { kysely } from "../../core/types/kysely.ts";
import type { TypeFormat, TypeOptions } from "../../core/types/type-options.ts";
import type { TypesReport } from "../../core/types/types-report.ts";
import { zod } from "../../core/types/zod.ts";
import { readCatalog } from "../catalog/read-catalog.ts";
import { putFiles, type Writer, writtenFiles } from "../files/written-files.ts";
import { ownTablesSql, tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

const WRITER: Writer = { command: "pgstep types", mark: MARK };

const FORMATS: Readonly<Record<TypeFormat, Format>> = { interfaces, kysely, zod };

/** The output: the report if `out` is absent, one file if `out` ends in .ts, otherwise a directory. */
export interface TypesTarget {
  readonly out: string | undefined;
  /** Compare with the existing files instead of writing. */
  readonly check: boolean;
}

/**
 * Writes TypeScript types for the database. Never writes to the database.
 * @throws Failure usage when a schema or table is missing, and those of connecting and writing
 */
export async function generateTypes(
  context: DatabaseContext,
  options: TypeOptions,
  target: TypesTarget,
): Promise<TypesReport> {
  const { database, settings, signal } = context;
  const catalog = await withSession(
    database,
    "read the types of",
    (session) => readCatalog(session, { schemas: options.schemas, hidden: ownTablesSql(tableNames(settings)) }),
    signal,
  );
  const { format, tables } = options;
  requireNamed(catalog, options);
  const declared = (some: Catalog) =>
    declareTypes(some, {
      driver: options.driver,
      overrides: options.overrides,
      mainSchema: options.schemas?.[0] ?? MAIN_SCHEMA,
    });
  const report = { type: "types", database: database.description, checked: target.check, standIns: [] } as const;
  const { out, check } = target;
  if (out === undefined)
    return { ...report, files: [], text: oneFile(declared(narrowed(catalog, tables)), FORMATS[format]) };
  const { fileSystem } = context;
  if (/\.[cm]?ts$/.test(out)) {
    const files = [{ path: out, text: oneFile(declared(narrowed(catalog, tables)), FORMATS[format]) }];
    return { ...report, files: putFiles(fileSystem, files, { check, writer: WRITER }) };
  }
  const directory = out.replace(/(?<=[^\\/])[\\/]+$|(?<=^[\\/])[\\/]+$/, "");
  const there = writtenFiles(fileSystem, directory, WRITER);
  const files = manyFiles(declared(catalog), FORMATS[format], {
    extension: options.extension,
    isWanted: ({ key }) =>
      tables === undefined || tables.some((table) => table === key || `${MAIN_SCHEMA}.${key}` === table),
    isThere: (name) => there.includes(name),
  });
  const stale = tables === undefined ? there.filter((name) => !files.some((file) => file.name === name)) : [];
  const path = (name: string) => `${directory}/${name}`;
  return {
    ...report,
    files: putFiles(
      fileSystem,
      files.map(({ name, text }) => ({ path: path(name), text })),
      { check, stale: stale.map(path), writer: WRITER },
    ),
  };
}

const MAIN_SCHEMA = "public";

/** @throws Failure usage when a schema, table or view that was named is missing */
function requireNamed({ relations, schemas: present }: Catalog, { schemas, tables }: TypeOptions): void {
  const absent = schemas?.find((schema) => !present.includes(schema));
  if (absent !== undefined) {
    throw new Failure("usage", `Cannot write types for schema ${absent}: there is no such schema`, {
      hint: `The schemas are ${present.join(", ")}.`,
    });
  }
  for (const table of tables ?? []) {
    if (relations.some((relation) => isNamed(relation, table))) continue;
    const meant = nearest(
      table,
      relations.flatMap(({ schema, name }) => [name, `${schema}.${name}`]),
    );
    throw new Failure("usage", `Cannot write types for ${table}: there is no such table or view`, {
      hint: meant ? `Did you mean ${meant}?` : "Apply its migration first: pgstep up.",
    });
  }
}

/** Only these tables and views, and only the types that they use. */
function narrowed(catalog: Catalog, tables: readonly string[] | undefined): Catalog {
  if (!tables) return catalog;
  const kept = catalog.relations.filter((relation) => tables.some((table) => isNamed(relation, table)));
  const used = new Set<number>();
  const use = (id: number) => {
    const type = catalog.types.get(id);
    if (!type || used.has(id)) return;
    used.add(id);
    use(type.element);
    use(type.base);
  };
  for (const { columns } of kept) for (const { type } of columns) use(type);
  const isUsed = ({ id }: { readonly id: number }) => used.has(id);
  return {
    ...catalog,
    relations: kept,
    enums: catalog.enums.filter(isUsed),
    domains: catalog.domains.filter(isUsed),
    composites: catalog.composites.filter(isUsed),
    routines: [],
  };
}

function isNamed({ schema, name }: { schema: string; name: string }, typed: string): boolean {
  return typed === name || typed === `${schema}.${name}`;
}
