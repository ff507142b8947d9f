import { Failure, type FilePlace } from "../../core/failure/failure.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { classify } from "../../core/statements/classify.ts";
import { advance } from "../../core/text/position.ts";
import { decodeSource } from "../../core/text/source.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { rowsOf } from "../restore/run-script.ts";
import { SentStatements } from "../restore/sent-statements.ts";
import type { DatabaseContext } from "../session/context.ts";
import { placeInFile } from "../step/step-failure.ts";

/**
 * Runs the statements of a schema file in the open transaction, without waiting for each answer.
 * @param stopped throws if the user wants to stop
 * @throws Failure statement-failed with the place in the file; files-unsound
 */
export async function runSchemaFile(
  { fileSystem }: DatabaseContext,
  session: Session,
  path: string,
  stopped: () => void,
): Promise<void> {
  const file = { path, text: () => decodeSource(fileSystem.read(path)) };
  const failed = (statement: Statement) => (error: unknown) => {
    throw error instanceof ServerFailure ? statementFailure(file, statement, error) : error;
  };
  const sent = new SentStatements(stopped);
  const pieces = scanBytes(fileSystem.read(path));
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    const piece = next.value;
    if (piece.kind === "error") throw unsound(path, piece.message, { path, ...piece.position });
    // pg_dump writes them around its output; they mean nothing outside psql.
    if (piece.kind === "psql" && /^(?:un)?restrict$/.test(piece.command)) continue;
    if (piece.kind === "psql")
      throw unsound(path, `it has the command \\${piece.command} of psql`, { path, ...piece.position });
    if (piece.kind !== "statement") continue;
    const kind = classify(piece);
    if (kind.transaction)
      throw unsound(
        path,
        "it has a statement that begins or ends a transaction",
        placeInFile(file, piece, piece.position),
      );
    if (kind.copyFromStdin) {
      await sent.settled();
      await session.copyIn(piece.text, rowsOf(pieces)).catch(failed(piece));
    } else await sent.add(session.execute(piece.text).catch(failed(piece)));
  }
  await sent.settled();
  if (session.state.transaction !== "open") throw unsound(path, "it ended the transaction", { path });
}

type SchemaFile = { readonly path: string; readonly text: () => Iterable<string> };

function statementFailure(file: SchemaFile, statement: Statement, error: ServerFailure): Failure {
  const { server } = error;
  const at =
    server.position === undefined
      ? statement.position
      : advance(statement.position, statement.text, server.position - 1);
  return new Failure("statement-failed", `Cannot load ${file.path}: ${server.message} (${server.code})`, {
    hint: "It was rolled back; nothing was changed.",
    server,
    place: placeInFile(file, statement, at),
    cause: error,
  });
}

function unsound(path: string, reason: string, place: FilePlace): Failure {
  return new Failure("files-unsound", `Cannot load ${path}: ${reason}`, {
    hint: "Remove it from the file, or write the file again with pgstep dump.",
    place,
  });
}
