import type { FilePlace, Finding } from "../../core/failure/failure.ts";
import { type Header, runsIn } from "../../core/migrations/header.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { placeholdersIn, secretMask } from "../../core/placeholders/placeholders.ts";
import { placeAt } from "../../core/placeholders/written-place.ts";
import type { SyntaxCheck, UnparsedReason } from "../../core/reports/syntax-check.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { decodeSource } from "../../core/text/source.ts";
import { nearest } from "../../core/text/spelling.ts";
import type { SqlParser } from "../../ports/sql-parser.ts";
import type { ScanFile } from "../files/scan-files.ts";
import type { Context } from "../session/context.ts";
import { placeInFile } from "../step/step-failure.ts";

/** The syntax of all files: undefined, and no findings, without a parser. */
export interface CheckedSyntax {
  readonly syntax: SyntaxCheck | undefined;
  readonly findings: readonly Finding[];
}

/** A file, and whether it runs in the chosen environment, whose placeholder values are known. */
export interface FileToParse {
  readonly file: SqlFile;
  readonly runsHere: boolean;
}

/** The up and down files of migrations, and files of other kinds. */
export function filesToParse(
  migrations: readonly Migration[],
  others: readonly SqlFile[],
  environment: string | undefined,
): FileToParse[] {
  const toParse = (file: SqlFile, { header }: SqlFile = file): FileToParse => ({
    file,
    runsHere: runsIn(header, environment),
  });
  return [
    ...migrations.flatMap(({ up, down }) => (down ? [toParse(up), toParse(down, up)] : [toParse(up)])),
    ...others.map((file) => toParse(file)),
  ];
}

/**
 * Parses every statement of the files with PostgreSQL's own parser.
 * @param serverMajor the major version of the server, if known: one newer than the parser may accept what it refuses
 */
export async function checkSyntax(
  context: Context,
  scan: ScanFile,
  files: readonly FileToParse[],
  serverMajor: number | undefined,
): Promise<CheckedSyntax> {
  const parser = await context.sqlParser?.();
  if (!parser) return { syntax: undefined, findings: [] };
  const check = new FileCheck(context, parser, serverMajor);
  for (const file of files) await check.add(file, scan);
  return check.result;
}

/** Longer statements are not parsed, in UTF-16 units: their trees take hundreds of megabytes. */
const LONGEST = 1_000_000;

/** For more findings than this, the source lines are not read from the files. */
const MOST_LINES = 100;

class FileCheck {
  readonly #context: Context;
  readonly #parser: SqlParser;
  readonly #serverMajor: number | undefined;
  readonly #mask: (text: string) => string;
  readonly #findings: Finding[] = [];
  readonly #unparsed = new Map<UnparsedReason, number>();
  #parsed = 0;

  constructor(context: Context, parser: SqlParser, serverMajor: number | undefined) {
    this.#context = context;
    this.#parser = parser;
    this.#serverMajor = serverMajor;
    this.#mask = secretMask(context.settings.placeholders) ?? ((text) => text);
  }

  get result(): CheckedSyntax {
    const unparsed = [...this.#unparsed].map(([reason, statements]) => ({ reason, statements }));
    return { syntax: { parser: this.#parser.major, parsed: this.#parsed, unparsed }, findings: this.#findings };
  }

  async add({ file, runsHere }: FileToParse, scan: ScanFile): Promise<void> {
    const { placeholders } = this.#context.settings;
    for (const piece of scan(file, runsHere ? placeholdersIn(file.header, placeholders) : {})) {
      if (piece.kind === "copy-end") this.#count("copy-rows");
      if (piece.kind !== "statement") continue;
      const reason = reasonNotToParse(piece, file.header, runsHere) ?? (await this.#parse(piece, file));
      if (reason) this.#count(reason);
      else this.#parsed++;
    }
  }

  #count(reason: UnparsedReason): void {
    this.#unparsed.set(reason, (this.#unparsed.get(reason) ?? 0) + 1);
  }

  async #parse(statement: Statement, file: SqlFile): Promise<UnparsedReason | undefined> {
    const parsed = await this.#parser.parse(statement.text);
    if (parsed.kind === "unread") return "parser";
    if (parsed.kind === "error") {
      const { message, offset } = parsed;
      const hint = this.#hint(statement, offset);
      const place = this.#place(statement, file, offset);
      const severity = this.#isServerNewer ? "warning" : "error";
      this.#findings.push({ rule: "syntax", severity, message: this.#mask(message), ...(hint && { hint }), place });
    }
    return undefined;
  }

  get #isServerNewer(): boolean {
    return this.#serverMajor !== undefined && this.#serverMajor > this.#parser.major;
  }

  #hint({ text }: Statement, offset: number): string | undefined {
    if (this.#isServerNewer) {
      return `The server's PostgreSQL ${this.#serverMajor} may accept it: this parser is that of PostgreSQL ${this.#parser.major}.`;
    }
    const [word] = /^\w+/.exec(text) ?? [];
    const meant = offset === 0 && word !== undefined ? nearest(word, COMMANDS) : undefined;
    return meant && `Did you mean ${meant}?`;
  }

  #place(statement: Statement, { path }: SqlFile, offset: number): FilePlace {
    const place = placeAt(statement, offset);
    if (this.#findings.length >= MOST_LINES) return { path, ...place };
    const text = () => decodeSource(this.#context.fileSystem.read(path));
    return placeInFile({ path, text }, statement, place);
  }
}

function reasonNotToParse(
  { text, standardConformingStrings }: Statement,
  { placeholders }: Header,
  runsHere: boolean,
): UnparsedReason | undefined {
  if (text.length > LONGEST) return "large";
  if (placeholders && !runsHere && text.includes("${")) return "placeholders";
  if (!standardConformingStrings && text.includes("\\")) return "strings";
  return undefined;
}

/** The words that PostgreSQL's statements begin with. */
const COMMANDS = (
  "ABORT ALTER ANALYZE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DELETE " +
  "DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT INSERT LISTEN LOAD LOCK MERGE MOVE NOTIFY PREPARE REASSIGN " +
  "REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SELECT SET SHOW START TABLE TRUNCATE UNLISTEN " +
  "UPDATE VACUUM VALUES WITH"
).split(" ");
