import { ruleOfFinding } from "../../core/check/cannot-run-in-transaction.ts";
import { ruleOfRejection } from "../../core/check/rejected.ts";
import { named } from "../../core/check/words.ts";
import { type Failure, type FilePlace, type Finding, finding } from "../../core/failure/failure.ts";
import type { CheckRuleId } from "../../core/failure/rules.ts";
import { CHECK_RULES } from "../../core/findings/check-rules.ts";
import { type Ignores, readIgnores } from "../../core/findings/ignores.ts";
import type { CheckFinding } from "../../core/findings/judge.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import type { Node } from "../../core/parse-tree/node.ts";
import { placeholdersIn } from "../../core/placeholders/placeholders.ts";
import { placeIn } from "../../core/placeholders/written-place.ts";
import type { CheckedStatement } from "../../core/reports/check-report.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { Position } from "../../core/text/position.ts";
import { decodeSource } from "../../core/text/source.ts";
import { blockedBy, lockWords } from "../../core/trace/lock-modes.ts";
import type { TracedFile, TracedStatement } from "../../core/trace/trace.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { SqlParser } from "../../ports/sql-parser.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { findingOf } from "../shadow/down-result.ts";
import { lineOf, linesBefore } from "../step/step-failure.ts";

/** The characters of a statement that are shown. */
const LONGEST_STATEMENT = 200;

/** A finding with its place and source line. */
export function placedFinding({ path, rule, match, severity, size }: CheckFinding, fileSystem: FileSystem): Finding {
  const { statement, message, at = 0, recipe = rule.recipe } = match;
  return {
    rule: rule.id as CheckRuleId,
    severity,
    message: `${rule.title}: ${message}${size === undefined ? "" : ` (${size})`}`,
    why: rule.why,
    recipe,
    place: placeOf(path, statement.statement, at, fileSystem),
    end: endOf(statement.statement, at),
  };
}

/** The end of the name at a place within a statement, or of the statement. */
function endOf(statement: Statement, at: number): Position {
  const { text } = statement;
  const [name = ""] = /^(?:"[^"]*"|[\p{L}\p{N}_$]+)/u.exec(text.slice(at)) ?? [];
  const end = at > 0 && name !== "" ? at + name.length : text.trimEnd().length;
  return placeIn(statement, [...text.slice(0, end)].length);
}

/** The same finding as harm, if it is one that a rule of check is about. */
export function asHarm(finding: Finding): Finding {
  const id = ruleOfFinding(finding);
  const rule = CHECK_RULES.find((one) => one.id === id);
  if (!rule) return finding;
  const { hint: _, ...rest } = finding;
  const { title, why, recipe } = rule;
  return { ...rest, rule: rule.id as CheckRuleId, message: `${title}: ${finding.message}`, why, recipe };
}

function placeOf(path: string, statement: Statement, at: number, fileSystem: FileSystem): FilePlace {
  const position = placeIn(statement, [...statement.text.slice(0, at)].length);
  const source = { text: () => decodeSource(fileSystem.read(path)) };
  return { path, ...position, ...lineOf(source, position), ...linesBefore(statement, position) };
}

/** The statements of a file that touched a relation. */
export function touchingStatements({ path, statements }: TracedFile): CheckedStatement[] {
  return statements.filter(({ touches }) => touches.length > 0).map((one) => checkedStatement(path, one));
}

function checkedStatement(path: string, { statement, touches }: TracedStatement): CheckedStatement {
  return {
    place: { path, ...statement.position },
    statement: statement.text.replace(/\s+/g, " ").slice(0, LONGEST_STATEMENT),
    touches: touches.map(({ before, lock, rewritten, scanned }) => ({
      relation: named(before),
      lock: lockWords(lock),
      blocks: blockedBy(lock),
      rewritten,
      scanned,
    })),
  };
}

/** Gives the parse tree of one statement; undefined if it was not parsed. */
export function parseWith(parser: SqlParser | undefined): (text: string) => Promise<Node | undefined> {
  return async (text) => {
    const parsed = await parser?.parse(text);
    return parsed?.kind === "parsed" ? parsed.trees()[0] : undefined;
  };
}

/** The findings that the comments of a file ignore. @param files those that may have it */
export function ignoresOf({ fileSystem, settings }: Context, path: string, files: readonly SqlFile[]): Ignores {
  const header = files.find((file) => file.path === path)?.header;
  const options = header ? placeholdersIn(header, settings.placeholders) : {};
  return readIgnores(
    scanBytes(fileSystem.read(path), options),
    CHECK_RULES.map(({ id }) => id),
  );
}

/**
 * The finding for a failure that a file caused.
 * @param rejected the text of the statement that the server rejected, if it is known
 * @throws Failure any other failure
 */
export async function findingOfFile(context: DatabaseContext, failure: Failure, rejected?: string): Promise<Finding> {
  const { code, message, hint, place, server } = failure;
  const harm = server && ruleOfRejection(server, rejected);
  if (code === "statement-failed" && harm) {
    const { id, title, why, recipe } = harm;
    const words = `${title}: ${server.message} (${server.code})`;
    return {
      ...{ rule: id as CheckRuleId, severity: "error", message: words, why, recipe },
      ...(place && { place }),
    };
  }
  const isOfFile = code === "transaction-ended" || (code === "connection-lost" && context.database.embedded);
  return isOfFile ? finding("replay", { message, hint, place }) : findingOf(context, failure);
}
