import { createHash } from "node:crypto";
import type { Finding } from "../../core/failure/failure.ts";
import type { Inspection } from "../../core/migrations/inspect.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import type { SyntaxCheck } from "../../core/reports/syntax-check.ts";
import { inspectFiles } from "../files/inspect-files.ts";
import { scanFilesTwice } from "../files/scan-files.ts";
import type { Context } from "../session/context.ts";
import type { TrialNote } from "../shadow/trial-start.ts";
import { checkSyntax, filesToParse } from "./check-syntax.ts";

/** The findings in files that are read, not run. */
export interface InspectedFiles {
  readonly findings: readonly Finding[];
  /** Undefined when this copy of pgstep has no parser. */
  readonly syntax: SyntaxCheck | undefined;
}

/** Files of other kinds, and the database that the files are for. */
export interface InspectedWith {
  readonly others?: readonly SqlFile[];
  readonly database?: string | undefined;
  readonly serverMajor?: number | undefined;
}

/** The same, with what was found in each file of the migrations. */
export interface InspectedTexts extends InspectedFiles {
  readonly inspections: ReadonlyMap<SqlFile, Inspection>;
}

/** Inspects the text of migrations, up and down, and of other files. */
export async function inspectTexts(
  context: Context,
  migrations: readonly Migration[],
  { others = [], database, serverMajor }: InspectedWith = {},
): Promise<InspectedTexts> {
  const { fileSystem, settings } = context;
  const scan = scanFilesTwice(fileSystem);
  const inspections = inspectFiles(scan, migrations, settings, database);
  const files = filesToParse(migrations, others, settings.environment);
  const { findings, syntax } = await checkSyntax(context, scan, files, serverMajor);
  const inspected = [...inspections.values()].flatMap((one) => one.findings);
  return { findings: [...inspected, ...findings], syntax, inspections };
}

/**
 * The migrations that a trial begins with. A note beside the image of their database keeps their findings: inspecting
 * hundreds of files would take a quarter of the time of a check.
 */
export class OlderFiles {
  readonly migrations: readonly Migration[];
  readonly #note: () => TrialNote | undefined;
  #toKeep: string | undefined;

  /** @param note of the database in which they are applied, if that is kept at the moment of the call */
  constructor(migrations: readonly Migration[], note: () => TrialNote | undefined) {
    this.migrations = migrations;
    this.#note = note;
  }

  async inspect(context: Context): Promise<InspectedFiles> {
    const files = this.#files(await context.sqlParser?.());
    const noted = this.#note()?.read();
    if (noted !== undefined) {
      // Only pgstep writes notes, and each has the checksum of its text.
      const { of, findings, syntax } = JSON.parse(noted) as InspectedFiles & { readonly of: string };
      if (of === files) return { findings, syntax };
    }
    const { findings, syntax } = await inspectTexts(context, this.migrations);
    this.#toKeep = JSON.stringify({ of: files, findings, syntax });
    return { findings, syntax };
  }

  /** Keeps the note, once the database is kept. */
  keep(): void {
    if (this.#toKeep !== undefined) this.#note()?.keep(this.#toKeep);
  }

  /** The image is only one of the up files, and the findings name paths. */
  #files(parser: { readonly major: number } | undefined): string {
    const of = ({ path, checksum, header }: SqlFile) => [path, checksum, header];
    const files = this.migrations.map(({ name, up, down }) => [name, of(up), down && of(down)]);
    return createHash("sha256")
      .update(JSON.stringify([parser?.major, files]))
      .digest("hex");
  }
}

/** The sum of two counts. */
export function withSyntaxOf(one: SyntaxCheck | undefined, other: SyntaxCheck | undefined): SyntaxCheck | undefined {
  if (!one || !other) return one ?? other;
  const unparsed = new Map(one.unparsed.map(({ reason, statements }) => [reason, statements]));
  for (const { reason, statements } of other.unparsed) unparsed.set(reason, (unparsed.get(reason) ?? 0) + statements);
  return {
    parser: one.parser,
    parsed: one.parsed + other.parsed,
    unparsed: [...unparsed].map(([reason, statements]) => ({ reason, statements })),
  };
}
