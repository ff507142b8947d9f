import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { decodeSource, NotUtf8 } from "../../core/text/source.ts";
import type { Session } from "../../ports/session.ts";
import type { Recording, TableNames } from "../history/history-table.ts";
import type { RunLock } from "../lock/run-lock.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";

/** The connection that runs a plan. */
export interface Run {
  readonly context: DatabaseContext;
  readonly session: Session;
  readonly pipeline: Pipeline;
  readonly names: TableNames;
  readonly lock: RunLock;
  /** SQL for the session's own settings, to be repeated after a RESET ALL; each ends in a semicolon. */
  readonly sessionSettings: string;
  /** Keys of statements that have run in this session, for `session-effects.ts`. */
  readonly inSession: Set<string>;
  /** True if session settings apply to later statements; false behind a transaction pooler. */
  readonly direct: boolean;
}

/** The file-related values of a script's history row. */
export function recordingOf({ context }: Run, { step }: Script): Recording {
  return {
    checksum: step.script?.checksum ?? null,
    downScript: step.down ? readWhole(context, step.down.path) : null,
    toolVersion: context.toolVersion,
  };
}

/** The text of a small file. @throws Failure history-conflict if it was readable before and no longer is */
export function readWhole(context: DatabaseContext, path: string): string {
  try {
    return [...decodeSource(context.fileSystem.read(path))].join("");
  } catch (cause) {
    const reason = cause instanceof NotUtf8 ? cause.message : systemWords(cause, "file");
    throw new Failure("history-conflict", `Cannot read ${path}: it was changed while pgstep was running (${reason})`, {
      hint: "Run the command again.",
      cause,
    });
  }
}

/** In milliseconds; the header of the file overrides the settings. */
export function lockTimeoutOf({ settings }: DatabaseContext, { header }: Script): number {
  return header.lockTimeoutMs ?? settings.lockTimeoutMs;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The timeouts for the statements of a script, in milliseconds. They override the defaults of the role, database and
 * server.
 * @param own names of the settings that the script has changed itself, which stay as they are
 */
export function limits(
  { context, session }: Run,
  script: Script,
  own: ReadonlySet<string> = NONE,
): (readonly [name: string, value: number])[] {
  const all: (readonly [string, number])[] = [
    ["statement_timeout", 0],
    ["idle_in_transaction_session_timeout", 0],
    ["lock_timeout", lockTimeoutOf(context, script)],
  ];
  if (session.backend.serverVersion >= 170000) all.push(["transaction_timeout", 0]);
  return own.size === 0 ? all : all.filter(([name]) => !own.has(name));
}

/** The same as settings for one transaction, plus the settings that a pooler's session lacks. */
export function localSettings(run: Run, script: Script, own?: ReadonlySet<string>): string {
  const settings: (readonly [string, string | number])[] = [...limits(run, script, own)];
  if (!run.direct) settings.push(["exit_on_error", "off"]);
  return settings.map(([name, value]) => `SET LOCAL ${name} = ${value};`).join(" ");
}

/**
 * SQL that restores the session to its state before a script: role, settings, temporary tables, cursors. It runs before
 * the row is written, so that nothing a script set can affect that, and nothing is left for the next script. Behind a
 * transaction pooler the next user is another client, and no lock of this session must stay.
 */
export function cleanSession({ context, session, sessionSettings, direct }: Run): string {
  // A trial run has a statement that must stay, and removes the others itself.
  const statements = context.watch && direct ? "" : " DEALLOCATE ALL;";
  const locks = direct ? "" : " SELECT pg_catalog.pg_advisory_unlock_all();";
  return `SET SESSION AUTHORIZATION ${session.backend.login}; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *;${statements} DISCARD TEMP;${locks} ${sessionSettings}`;
}

/** SQL that switches to the connected role until the end of the transaction; then the script's role applies again. */
export function ownRole({ session }: Run): string {
  return `SET LOCAL SESSION AUTHORIZATION ${session.backend.login}; SET LOCAL ROLE NONE`;
}
