import { Failure, type FilePlace, interruption, type ServerMessage } from "../../core/failure/failure.ts";
import { placeIn, writtenText } from "../../core/placeholders/written-place.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { concurrentIndex } from "../../core/statements/concurrent-index.ts";
import { advance, type Position } from "../../core/text/position.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import { isLockLost, lockLost } from "../session/lock-lost.ts";
import { leavesTraces, mustRunAlone } from "./one-statement.ts";
import type { Run } from "./session-settings.ts";

/** Turns a server's refusal of one message of a step into the failure that is shown. */
export function stepFailure(run: Run, script: Script, stage: Stage, server: ServerMessage): Failure {
  const { step } = script;
  const verb = step.direction === "up" ? "apply" : "undo";
  const what = `Cannot ${verb} ${step.name}`;
  const place = placeOf(script, stage, server);
  if (run.context.signal.aborted) {
    const stays =
      script.inspection.mode === "statements" ? "The statements that have ended stay." : "It was rolled back.";
    return interruption(run.context.signal, what, `${stays} Run the command again to go on.`, place);
  }
  const history = `${run.context.settings.schema}.${run.context.settings.table}`;
  if (isLockLost(server, run.names.journal)) return lockLost(what, place);
  const check = /pgstep:([a-z-]+)/.exec(server.message)?.[1];
  if (stage.at === "strings" && check === "strings") return stringsFailure(script, stage.statement);
  if (stage.at === "commit" && check === "other-row" && script.seedRecord !== undefined) {
    return new Failure("statement-failed", `${what}: it writes to ${history}`, {
      hint: `Remove the statement that does: ${history} is for migrations.`,
      place,
    });
  }
  if (stage.at === "commit" && check === "other-row") {
    return new Failure("statement-failed", `${what}: it writes rows of other versions into ${history}`, {
      hint: `Let it record no version but ${step.version}, or none: pgstep records it.`,
      place,
    });
  }
  const unrecordable =
    stage.at === "record" && check !== undefined ? unrecordableFault(check, script, history) : undefined;
  if (unrecordable)
    return new Failure("statement-failed", `${what}: ${unrecordable.fault}`, { hint: unrecordable.hint, place });
  if (stage.at === "commit" && check === "row") {
    const fault = step.direction === "up" ? "it removes its own row from" : "it puts its own row back into";
    return new Failure("statement-failed", `${what}: ${fault} ${history}`, {
      hint: `Remove the statement that writes to ${history}, since pgstep does that; or the rule or trigger on it that does.`,
      place,
    });
  }
  const hint = adviceOnTraces(server, stage, script) ?? adviceFor(server, stage, script, history);
  return new Failure("statement-failed", `${what}: ${server.message} (${server.code})`, {
    ...(hint && { hint }),
    server,
    place,
  });
}

/** What the history does that keeps a step from being recorded, before its first statement. */
function unrecordableFault(
  check: string,
  { step }: Script,
  history: string,
): { readonly fault: string; readonly hint: string } | undefined {
  const change = step.direction === "up" ? "recorded in" : "removed from";
  switch (check) {
    case "row":
    case "raced":
      return {
        fault: `its row cannot be ${change} ${history}: a rule, a trigger or a policy of that table prevents it`,
        hint: `Find and remove it: \\d ${history} in psql shows all three. pgstep has run no statement of the migration this time.`,
      };
    case "previous":
      return {
        fault: `another session or a trigger has changed what the step before it recorded in ${history}`,
        hint: "Run pgstep status to see what is recorded now, then run the command again.",
      };
  }
  return undefined;
}

/** The failure of a file that is no longer in its transaction: unlike others it says nothing of being rolled back. */
export function endedFailure({ step, ...script }: Script, stage: Stage, server: ServerMessage | undefined): Failure {
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure("transaction-ended", `${what}: the file ended the transaction that pgstep runs it in`, {
    hint: "What it did up to here may be committed, or rolled back: compare the database with the file. Take out what ends the transaction, most likely a COMMIT or ROLLBACK in a string that the server reads in another way.",
    place: placeOf({ step, ...script }, stage, server),
    ...(server && { server }),
  });
}

/** The same where there was none from the start, and nothing kept the file from writing. */
export function unguardedFailure(script: Script, stage: Stage, server: ServerMessage): Failure {
  const { step } = script;
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure(
    "transaction-ended",
    `${what}: its BEGIN was refused (${server.message}), and the file turned default_transaction_read_only off`,
    {
      hint: "What it did after that may be committed: compare the database with the file. Take out what turns the setting off.",
      place: placeOf(script, stage, undefined),
      server,
    },
  );
}

/** The failure of a statement that the server would read in another way than pgstep has, and that was not run. */
export function stringsFailure(script: Script, statement: Statement): Failure {
  const { step } = script;
  const [read, is] = statement.standardConformingStrings ? ["on", "off"] : ["off", "on"];
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure(
    "statement-failed",
    `${what}: standard_conforming_strings is ${is} for the server here, and pgstep has read the file with ${read}`,
    {
      hint: "Set it where pgstep sees it, with SET standard_conforming_strings at the top level of the file, or write strings with backslashes as E'..'.",
      place: placeOf(script, { at: "strings", statement }, undefined),
    },
  );
}

/** What to do about that which a statement outside a transaction may have left behind. */
function adviceOnTraces(server: ServerMessage, stage: Stage, script: Script): string | undefined {
  if (stage.at !== "statement" || script.inspection.mode === "transaction") return undefined;
  const { statement } = stage;
  if (!mustRunAlone(script, statement) || !leavesTraces(statement, server) || server.code === "55P03") return undefined;
  const { direction, version } = script.step;
  if (/^(CALL|DO)\b/i.test(statement.text))
    return `What it committed before it failed stays. Look how far it came; then pgstep resolve ${version} --done goes on behind it, pgstep resolve ${version} --not-done runs it again.`;
  // An error of syntax or of names comes before the index is begun.
  if (concurrentIndex(statement)?.action === "create" && !server.code.startsWith("42"))
    return `Mend the cause, then run pgstep ${direction} again: it drops the INVALID index that this has left, and goes on here.`;
  return undefined;
}

/** The one next step for errors whose way out the server does not tell. */
function adviceFor(server: ServerMessage, stage: Stage, script: Script, history: string): string | undefined {
  const table = server.schema && server.table ? `${server.schema}.${server.table}` : undefined;
  switch (server.code) {
    case "25001":
    case "2D000":
      // Only SET TRANSACTION wants to come before the first query of a transaction, and that is pgstep's own.
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
        return `A migration before it has changed ${history}: run the command again, and pgstep adds what it lacks.`;
      if (stage.at === "commit")
        return `Check whether the migration drops or changes ${history}; choose another table with --table.`;
      break;
    case "0A000":
      if (stage.at === "statement" && /^ALTER\s+TABLE\b.*\bTYPE\b/is.test(stage.statement.text))
        return "If a view uses the column, put DROP VIEW IF EXISTS <name>; before it: the run makes views of database/repeatable again, others the migration has to.";
      break;
    case "42501":
      return "Connect as a role that may do this, or have it granted.";
    case "55P04":
      return "Put the ALTER TYPE ... ADD VALUE into a migration of its own, before this one.";
    case "53200":
      return "Split the migration, or raise max_locks_per_transaction on the server.";
    case "55P03":
      return "Somebody holds a conflicting lock. Run again at a quieter time, or raise --lock-timeout.";
  }
  // Another run's row is no failure: what else refuses ours is the table's own.
  if (stage.at === "record")
    return `Its row in ${history} was refused. Look at the constraints, rules, triggers and policies of that table: \\d ${history}`;
  return undefined;
}

/** A baseline is refused where there is a history; one migration can be recorded in any case. */
function adviceOnExisting({ step: { version, down } }: Script): string {
  const record = `If the database has all that the migration makes, record it: pgstep resolve ${version} --applied.`;
  return down ? `If a down script left it behind, drop it and complete that script. ${record}` : record;
}

/** Where in its file a message belongs, or what the server says of it. */
export function placeOf(script: Script, stage: Stage, server: ServerMessage | undefined): FilePlace {
  const statement = "statement" in stage ? stage.statement : undefined;
  if (!statement) return { path: script.path };
  const { position } = statement;
  const row = server && rowOfCopy(server);
  let place: Position = position;
  // Elsewhere than in the statement a position is one in pgstep's own SQL.
  if (stage.at !== "statement") place = position;
  else if (server?.position !== undefined) place = placeIn(statement, server.position - 1);
  // The rows of a COPY begin on the line behind it.
  else if (row !== undefined) place = { line: advance(position, writtenText(statement)).line + row, column: 1 };
  return { path: script.path, ...place, ...lineOf(script, place), ...linesBefore(statement, place) };
}

/** What of a statement stands on the lines before a place in it. */
function linesBefore(statement: Statement, { line }: Position): { sourceBefore?: string } {
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

/** The whole line of a place, read anew: scripts are not kept in memory. */
export function lineOf(script: Script, { line }: Position): { sourceLine?: string } {
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
