import type { ServerMessage } from "../core/failure/failure.ts";

/** The result of a statement. */
export interface StatementResult {
  /** The command tag without its count: "CREATE TABLE", "INSERT", "" for an empty statement. */
  readonly command: string;
  /** Rows affected or returned; null if the command has no row count. */
  readonly rowCount: number | null;
  readonly after: SessionState;
}

/** The state of a session after a message, as the server reports it with its answer. */
export interface SessionState {
  /** No transaction, an open one, or a failed one that must be rolled back. */
  readonly transaction: "none" | "open" | "failed";
  /** True if a backslash is an ordinary character in the '..' strings of later messages. */
  readonly standardConformingStrings: boolean;
  /** `default_transaction_read_only`; undefined if the server does not report it (a pooler, PostgreSQL 13). */
  readonly readOnlyByDefault: boolean | undefined;
}

/** Receives the result of a message. */
export interface MessageListener {
  answered(result: StatementResult): void;
  /** @param error a `ServerFailure` or a `ConnectionLost` */
  failed(error: Error): void;
}

/** A server's answer to one message, as it was sent. */
export interface Relayed {
  /** The messages of the protocol, up to and including ReadyForQuery. */
  readonly bytes: Uint8Array;
  /** The error in the answer. */
  readonly failure?: ServerMessage;
}

/** Values by column name; queries cast to text what a number cannot hold (above 2^53, timestamps). */
export type Row = Readonly<Record<string, unknown>>;

/** Facts from the server's start-up messages. */
export interface Backend {
  /** As announced at start-up; behind a transaction pooler this is not `pg_backend_pid()`. */
  readonly processId: number;
  /** `server_version_num`-like: major * 10000 + minor, e.g. 180004. */
  readonly serverVersion: number;
  /** ParameterStatus values by name: server_version, standard_conforming_strings, TimeZone ... */
  readonly parameters: Readonly<Record<string, string>>;
  /** One in-process backend: no second session, no lock waits, no cancel. */
  readonly embedded: boolean;
  /** The role that the session began with, as SQL after SET SESSION AUTHORIZATION. */
  readonly login: string;
}

/**
 * One connection to one PostgreSQL backend.
 *
 * Every call sends exactly one simple-query message, or the messages of one statement, at once, without waiting for
 * earlier ones; the server runs them in the order of the calls, and the promises settle in that order.
 * - A statement that fails must reject with a `ServerFailure` and leave the session usable.
 * - After the connection has ended, for any reason, every pending and later call must reject with a `ConnectionLost`;
 *   none may stay unsettled.
 * - A rejection that nobody awaits yet must not end the process.
 * - The first message is sent together with one that sets `ownSettingsSql`: for the whole session if it is pgstep's
 *   own, for nothing behind a transaction pooler.
 */
export interface Session {
  readonly backend: Backend;
  /** Runs one message; returned rows are counted and dropped, so a million rows cost no memory. */
  execute(sql: string): Promise<StatementResult>;
  /**
   * Like `execute`, with a listener instead of a promise: for a hundred thousand small statements in flight the
   * promises would take more memory than the statements. Must call the listener exactly once, in the order of the
   * calls, and never before this call returns. An error thrown by the listener is a bug, not a failure of the session.
   */
  send(sql: string, listener: MessageListener): void;
  /** Runs one message and returns the rows of its last statement. */
  query(sql: string): Promise<Row[]>;
  /**
   * Runs one COPY ... FROM STDIN with this data. Must read the data only as fast as the server accepts it, and finish
   * with each chunk before it asks for the next. Nothing may be sent before it has settled: the server drops a
   * connection that sends anything but data inside a COPY. An error thrown while reading the data must fail the COPY
   * and is rethrown as is.
   */
  copyIn(sql: string, data: Iterable<Uint8Array | string>): Promise<StatementResult>;
  /**
   * Runs one COPY ... TO STDOUT and passes each row to `take`, in the format of COPY FROM; the bytes are valid only
   * during the call. An error thrown by `take` must end the COPY and is rethrown as is.
   */
  copyOut(sql: string, take: (row: Uint8Array) => void): Promise<StatementResult>;
  /**
   * Runs one statement by the extended protocol, in which a server refuses a text with more than one, and returns the
   * first column of its rows as text. The answer may hold nothing but rows.
   */
  single(sql: string): Promise<string[]>;
  /**
   * Runs one message for a program that speaks the protocol itself, and keeps the whole answer. Its notices are only in
   * the answer. Must not reject if the server refuses the message.
   */
  relay(sql: string): Promise<Relayed>;
  /**
   * Called for each notice or warning, before the promise of its message settles and after those of earlier messages
   * were answered. `answered` is the number of messages (execute and query together, from the session's first) that
   * were fully answered by then: the notice belongs to the next one.
   */
  onNotice: ((notice: ServerMessage, answered: number) => void) | undefined;
  /** The state in the server's last answer. */
  readonly state: SessionState;
  /** Messages sent so far, COPY included, counted as in `onNotice`. */
  readonly sent: number;
  /** Asks the server, on a separate connection, to cancel the running statement. Does nothing if embedded. */
  cancel(): Promise<void>;
  /** Closes the connection cleanly; safe to call twice and after a loss. Must resolve within some seconds. */
  close(): Promise<void>;
}

/** Opens sessions to the database of a run. */
export interface Database {
  /** For people, without the password: `app on localhost:5432`, `pglite:./data`. */
  readonly description: string;
  readonly embedded: boolean;
  /**
   * @param signal cancels the attempt
   * @throws Failure connection-failed, authentication-failed, database-in-use, runtime-unsupported, interrupted, terminated
   */
  open(signal?: AbortSignal): Promise<Session>;
  /** Begins the start that `open` needs, which then runs in another thread. Only an embedded database for trials has it. */
  prepare?(): Promise<void>;
  /** What a database needs to start as this one is now; only an embedded database for trials has it, without a session. */
  image?(): Promise<Uint8Array | undefined>;
  /** Frees resources that outlive sessions (the embedded database and its lock file). Safe to call twice. */
  close(): Promise<void>;
}

/** A statement failed on the server. `after` is the state of the session afterwards, if known. */
export class ServerFailure extends Error {
  override readonly name = "ServerFailure";
  readonly server: ServerMessage;
  readonly after: SessionState | undefined;
  constructor(server: ServerMessage, after?: SessionState) {
    super(server.message);
    this.server = server;
    this.after = after;
  }
}

/** Start of every message about an answer that makes no sense. */
export const NOT_UNDERSTOOD = "the server sent an answer that pgstep does not understand";

/** The connection is lost. `server` is the server's last message, if there was one (57P01 admin shutdown ...). */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  readonly server: ServerMessage | undefined;
  constructor(message: string, server?: ServerMessage) {
    super(message);
    this.server = server;
  }
}

/** The server's answer does not fit the request, so nothing else that it says can be trusted. */
export class AnswerNotUnderstood extends ConnectionLost {
  constructor(what: string) {
    super(`${NOT_UNDERSTOOD}: ${what}`);
  }
}
