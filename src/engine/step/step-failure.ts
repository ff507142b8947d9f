import { Failure, type FilePlace, interruption, type ServerMessage } from "../../core/failure/failure.ts";
import { placeIn, writtenText } from "../../core/placeholders/written-place.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { concurrentIndex } from "../../core/statements/concurrent-index.ts";
import { writeDuration } from "../../core/text/duration.ts";
import { advance, type Position } from "../../core/text/position.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import { isLockLost, lockLost } from "../session/lock-lost.ts";
import { leavesTraces, mustRunAlone } from "./one-statement.ts";
import type { Run } from "./session-settings.ts";

/** Translates a server's refusal of one message of a step into the failure to show. */
export function stepFailure(run: Run, script: Script, stage: Stage, server: ServerMessage): Failure {
  const { step } = script;
  const verb = step.direction === "up" ? "apply" : "undo";
  const what = `Cannot ${verb} ${step.name}`;
  const place = placeOf(script, stage, server);
  if (run.context.signal.aborted) {
    const stays = script.inspection.mode === "statements" ? "The finished statements stay." : "It was rolled back.";
    return interruption(run.context.signal, what, `${stays} Run the command again to continue.`, place);
  }
  const history = `${run.context.settings.schema}.${run.context.settings.table}`;
  if (isLockLost(server, run.names.journal)) return lockLost(what, place);
  const check = /pgstep:([a-z-]+)/.exec(server.message)?.[1];
  if (stage.at === "strings" && check === "strings") return stringsFailure(script, stage.statement);
  if (stage.at === "commit" && check === "other-row" && script.seedRecord !== undefined) {
    return new Failure("statement-failed", `${what}: it writes to ${history}`, {
      hint: `Remove that statement: ${history} is for migrations.`,
      place,
    });
  }
  if (stage.at === "commit" && check === "other-row") {
    return new Failure("statement-failed", `${what}: it writes rows of other versions into ${history}`, {
      hint: `Let it record only ${step.version} or nothing: pgstep records ${step.version} itself.`,
      place,
    });
  }
  const unrecordable =
    stage.at === "record" && check !== undefined ? unrecordableProblem(check, script, history) : undefined;
  if (unrecordable)
    return new Failure("statement-failed", `${what}: ${unrecordable.problem}`, { hint: unrecordable.hint, place });
  if (stage.at === "commit" && check === "row") {
    const problem = step.direction === "up" ? "it removes its own row from" : "it puts its own row back into";
    return new Failure("statement-failed", `${what}: ${problem} ${history}`, {
      hint: `Remove the statement, rule or trigger that writes to ${history}: pgstep does that itself.`,
      place,
    });
  }
  const hint = adviceOnTraces(server, stage, script) ?? adviceFor(server, stage, script, run);
  return new Failure("statement-failed", `${what}: ${server.message} (${server.code})`, {
    ...(hint && { hint }),
    server,
    place,
  });
}

/** Why the history does not accept a step's row, found before the step's first statement. */
function unrecordableProblem(
  check: string,
  { step }: Script,
  history: string,
): { readonly problem: string; readonly hint: string } | undefined {
  const change = step.direction === "up" ? "recorded in" : "removed from";
  switch (check) {
    case "row":
    case "raced":
      return {
        problem: `its row cannot be ${change} ${history}: a rule, a trigger or a policy of that table prevents it`,
        hint: `Find and remove it: \\d ${history} in psql shows all three. pgstep ran no statement of the migration in this run.`,
      };
    case "previous":
      return {
        problem: `another session or a trigger changed the row of the previous step in ${history}`,
        hint: "Run pgstep status to see what is recorded now, then run the command again.",
      };
  }
  return undefined;
}

/** The failure of a file that ended its transaction. Unlike others, it must not claim a rollback. */
export function endedFailure({ step, ...script }: Script, stage: Stage, server: ServerMessage | undefined): Failure {
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure("transaction-ended", `${what}: the file ended the transaction that pgstep runs it in`, {
    hint: "The statements up to here may be committed or rolled back: compare the database with the file. Remove what ends the transaction, most likely a COMMIT or ROLLBACK in a string that the server parses differently.",
    place: placeOf({ step, ...script }, stage, server),
    ...(server && { server }),
  });
}

/** The same if the transaction never began, and nothing prevented the file from writing. */
export function unguardedFailure(script: Script, stage: Stage, server: ServerMessage): Failure {
  const { step } = script;
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure(
    "transaction-ended",
    `${what}: its BEGIN was refused (${server.message}), and the file turned default_transaction_read_only off`,
    {
      hint: "Later statements may be committed: compare the database with the file. Remove what turns the setting off.",
      place: placeOf(script, stage, undefined),
      server,
    },
  );
}

/** The failure of a statement that was not run, because the server would parse it differently from pgstep. */
export function stringsFailure(script: Script, statement: Statement): Failure {
  const { step } = script;
  const [read, is] = statement.standardConformingStrings ? ["on", "off"] : ["off", "on"];
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure(
    "statement-failed",
    `${what}: standard_conforming_strings is ${is} on the server here, but pgstep parsed the file with ${read}`,
    {
      hint: "Use SET standard_conforming_strings at the top level of the file, where pgstep sees it, or write strings with backslashes as E'..'.",
      place: placeOf(script, { at: "strings", statement }, undefined),
    },
  );
}

/** The next step for leftovers of a failed statement outside a transaction. */
function adviceOnTraces(server: ServerMessage, stage: Stage, script: Script): string | undefined {
  if (stage.at !== "statement" || script.inspection.mode === "transaction") return undefined;
  const { statement } = stage;
  if (!mustRunAlone(script, statement) || !leavesTraces(statement, server) || server.code === "55P03") return undefined;
  const { direction, version } = script.step;
  if (/^(CALL|DO)\b/i.test(statement.text))
    return `What it committed before it failed stays. Check how far it came; then pgstep resolve ${version} --done continues after it, pgstep resolve ${version} --not-done runs it again.`;
  // Errors in syntax or names occur before the index build begins.
  if (concurrentIndex(statement)?.action === "create" && !server.code.startsWith("42"))
    return `Fix the cause, then run pgstep ${direction} again: it drops the INVALID index left behind and continues here.`;
  return undefined;
}

/** The next step for errors that the server gives no hint for. */
function adviceFor(server: ServerMessage, stage: Stage, script: Script, { context }: Run): string | undefined {
  const { schema, table: name, retryMs } = context.settings;
  const history = `${schema}.${name}`;
  const table = server.schema && server.table ? `${server.schema}.${server.table}` : undefined;
  switch (server.code) {
    case "25001":
    case "2D000":
      // Only SET TRANSACTION must come before the first query of a transaction, and pgstep sends the first one.
      if (stage.at === "statement" && /^SET\b/i.test(stage.statement.text))
        return "Put BEGIN ISOLATION LEVEL SERIALIZABLE; and COMMIT; around the whole file instead, with the level you want.";
      return 'Write "-- Transaction: none" at the top of the file, so that it runs statement by statement.';
    case "23505":
      if (table === history && stage.at === "statement")
        return "Add ON CONFLICT (version) DO NOTHING: pgstep has recorded the migration already.";
      break;
    case "42P07":
      return script.step.direction === "up" ? adviceOnExisting(script) : undefined;
    case "42P01":
    case "42703":
      if (stage.at === "record")
        return `An earlier migration changed ${history}: run the command again, and pgstep adds the missing columns.`;
      if (stage.at === "commit")
        return `Check whether the migration drops or changes ${history}; choose another table with --table.`;
      break;
    case "0A000":
      if (stage.at === "statement" && /^ALTER\s+TABLE\b.*\bTYPE\b/is.test(stage.statement.text))
        return "If a view uses the column, put DROP VIEW IF EXISTS <name>; before it: the run re-creates the views of database/repeatable, the migration must re-create others.";
      break;
    case "42501":
      return "Connect as a role that may do this, or grant the privilege.";
    case "55P04":
      return "Put the ALTER TYPE ... ADD VALUE into a migration of its own, before this one.";
    case "53200":
      // The lock table is full (LockAcquireExtended in storage/lmgr/lock.c), or the statement needs too much.
      return /lock/i.test(server.routine ?? "")
        ? "Split the migration, or raise max_locks_per_transaction on the server."
        : "Let the statement work on fewer rows at once.";
    case "55P03":
      return adviceOnRetries(retryMs);
  }
  // Another run's row is not a failure here, so something on the table itself refused the row.
  if (stage.at === "record")
    return `Its row in ${history} was refused. Check the constraints, rules, triggers and policies of that table: \\d ${history}`;
  return undefined;
}

function adviceOnRetries(retryMs: number): string {
  if (retryMs === 0) return "Run again at a quieter time, or let pgstep retry: --retry-for 10m.";
  return `pgstep retried for ${writeDuration(retryMs)}: run again at a quieter time, or with a longer --retry-for.`;
}

/** Advises recording one migration: a baseline is refused if there is a history. */
function adviceOnExisting({ step: { version, down } }: Script): string {
  const record = `If the database has everything the migration creates, record it: pgstep resolve ${version} --applied.`;
  return down ? `If a down script left it behind, drop it and complete that script. ${record}` : record;
}

/** The place in the file that a message, or the server's error about it, belongs to. */
export function placeOf(script: Script, stage: Stage, server: ServerMessage | undefined): FilePlace {
  const statement = "statement" in stage ? stage.statement : undefined;
  if (!statement) return { path: script.path };
  const { position } = statement;
  const row = server && rowOfCopy(server);
  let place: Position = position;
  // Outside the statement, a position refers to pgstep's own SQL.
  if (stage.at !== "statement") place = position;
  else if (server?.position !== undefined) place = placeIn(statement, server.position - 1);
  // The rows of a COPY begin on the line after it.
  else if (row !== undefined) place = { line: advance(position, writtenText(statement)).line + row, column: 1 };
  return placeInFile(script, statement, place);
}

/** A place in a statement, with the source lines that belong to it. */
export function placeInFile(file: Pick<Script, "path" | "text">, statement: Statement, place: Position): FilePlace {
  return { path: file.path, ...place, ...lineOf(file, place), ...linesBefore(statement, place) };
}

/** The lines of a statement before a place in it. */
export function linesBefore(statement: Statement, { line }: Position): { sourceBefore?: string } {
  const text = writtenText(statement);
  let end = 0;
  for (let passed = statement.position.line; passed < line; passed++) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0) break;
  }
  return end > 0 ? { sourceBefore: text.slice(0, end) } : {};
}

/** The row, 1-based, that the server names in the CONTEXT of an error in COPY data. */
function rowOfCopy({ where }: ServerMessage): number | undefined {
  const row = /^COPY .+, line (\d+)/m.exec(where ?? "")?.[1];
  return row === undefined ? undefined : Number(row);
}

/** The whole line of a place, read again because scripts are not kept in memory. */
export function lineOf(script: Pick<Script, "text">, { line }: Position): { sourceLine?: string } {
  let current = 1;
  let collected = "";
  try {
    for (const part of script.text()) {
      let start = 0;
      while (current < line) {
        const end = part.indexOf("\n", start);
        if (end === -1) break;
        start = end + 1;
        current++;
      }
      if (current < line) continue;
      const end = part.indexOf("\n", start);
      collected += end === -1 ? part.slice(start) : part.slice(start, end);
      if (end !== -1) break;
    }
  } catch {
    // The file was edited or removed meanwhile; the place alone must do.
    return {};
  }
  return current === line ? { sourceLine: collected.replace(/\r$/, "") } : {};
}
