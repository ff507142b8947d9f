import type { ServerMessage } from "../core/failure/failure.ts";

/** What a finished statement answered. */
export interface StatementResult {
  /** The command tag without its count: "CREATE TABLE", "INSERT", "" for an empty statement. */
  readonly command: string;
  /** Rows touched or returned; null where the command has no such number. */
  readonly rowCount: number | null;
  readonly after: SessionState;
}

/** The state of a session behind a message, as the server reports it with its answer. */
export interface SessionState {
  /** Outside a transaction, inside one, or inside one that has failed and must be rolled back. */
  readonly transaction: "none" | "open" | "failed";
  /** Whether a backslash is an ordinary character in the '..' strings of later messages. */
  readonly standardConformingStrings: boolean;
  /** `default_transaction_read_only`; undefined where the server does not report it (a pooler, PostgreSQL 13). */
  readonly readOnlyByDefault: boolean | undefined;
}

/** Who is told what came of a message. */
export interface MessageListener {
  answered(result: StatementResult): void;
  /** @param error a `ServerFailure` or a `ConnectionLost` */
  failed(error: Error): void;
}

/** Column name to value; the SQL casts what it wants as text (numbers above 2^53, timestamps). */
export type Row = Readonly<Record<string, unknown>>;

/** Facts the server told when the connection was made. */
export interface Backend {
  /** As the server announced it at start-up; behind a transaction pooler it is not `pg_backend_pid()`. */
  readonly processId: number;
  /** `server_version_num`-like: major * 10000 + minor, e.g. 180004. */
  readonly serverVersion: number;
  /** ParameterStatus values by name: server_version, standard_conforming_strings, TimeZone ... */
  readonly parameters: Readonly<Record<string, string>>;
  /** One in-process backend: no second session, no lock waits, no cancel. */
  readonly embedded: boolean;
}

/**
 * One connection to one PostgreSQL backend.
 *
 * Every call sends exactly one simple-query message at once, without waiting for those before it; the server runs
 * them in the order of the calls and the promises settle in that order.
 * - A statement that the server refuses must reject with a `ServerFailure`, and leave the session usable.
 * - After the connection has ended, for whatever reason, every pending and every later call must reject with a
 *   `ConnectionLost`; none may stay unsettled.
 * - A rejection that nobody awaits yet must not end the process.
 * - Its first message comes with one of its own that makes the settings of `ownSettingsSql`, for the session where it is
 *   pgstep's own, and for nothing behind a transaction pooler.
 */
export interface Session {
  readonly backend: Backend;
  /** Runs one message; rows that come back are counted and dropped, so a million rows cost no memory. */
  execute(sql: string): Promise<StatementResult>;
  /**
   * The same, told to a listener instead of a promise: of a hundred thousand small statements on their way the promises
   * would take more memory than the statements. Must tell it exactly once, in the order of the calls, and never before
   * this call has returned. What the listener throws is a fault of the program's, not of the session.
   */
  send(sql: string, listener: MessageListener): void;
  /** Runs one message and keeps the rows of its last statement. */
  query(sql: string): Promise<Row[]>;
  /**
   * Runs one COPY ... FROM STDIN with this data, which must be read only as fast as the server takes it, each part used up
   * before the next one is asked for.
   * Nothing may be sent before it has settled: the server drops a connection that sends more than data inside a COPY.
   * An error thrown while the data is read must fail the COPY and come out as it is.
   */
  copyIn(sql: string, data: Iterable<Uint8Array | string>): Promise<StatementResult>;
  /**
   * Runs one COPY ... TO STDOUT and hands each of its rows to `take`, as the bytes that a COPY FROM would want; they are good
   * only during the call. An error that it throws must end the COPY and come out as it is.
   */
  copyOut(sql: string, take: (row: Uint8Array) => void): Promise<StatementResult>;
  /**
   * Called for each notice or warning of the server, before the promise of the message that raised it settles and
   * after those of earlier messages have been answered. `answered` is the number of messages (execute and query
   * together, counted from the session's first) that were fully answered by then: the notice belongs to the next one.
   */
  onNotice: ((notice: ServerMessage, answered: number) => void) | undefined;
  /** As the server has reported it with the last answer. */
  readonly state: SessionState;
  /** Messages sent so far, COPY included, counted as in `onNotice`. */
  readonly sent: number;
  /** Asks the server, on a connection of its own, to cancel what this session is running. Does nothing when embedded. */
  cancel(): Promise<void>;
  /** Ends the connection politely; safe to call twice and after a loss. Must resolve within some seconds. */
  close(): Promise<void>;
}

/** Opens sessions to the one database a run is about. */
export interface Database {
  /** For people, without password: `app on localhost:5432`, `pglite:./data`. */
  readonly description: string;
  readonly embedded: boolean;
  /**
   * @param signal gives the attempt up
   * @throws Failure connection-failed, authentication-failed, database-in-use, runtime-unsupported, interrupted, terminated
   */
  open(signal?: AbortSignal): Promise<Session>;
  /** Frees what outlives sessions (the embedded database and its lock file). Safe to call twice. */
  close(): Promise<void>;
}

/** The server refused a statement. `after` is the state of the session behind it, where it is known. */
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

/** How the message begins that says what makes no sense. */
export const NOT_UNDERSTOOD = "the server sent an answer that pgstep does not understand";

/** The connection is gone. `server` is its last word where it had one (57P01 admin shutdown ...). */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  readonly server: ServerMessage | undefined;
  constructor(message: string, server?: ServerMessage) {
    super(message);
    this.server = server;
  }
}

/** The server answered a question with something that is no answer to it: what else it says is not to be believed. */
export class AnswerNotUnderstood extends ConnectionLost {
  constructor(what: string) {
    super(`${NOT_UNDERSTOOD}: ${what}`);
  }
}
