import postgres from "postgres";
import type { ServerMessage } from "../../core/failure/failure.ts";
import { beginSessionSql } from "../../core/sql/own-sql.ts";
import {
  type Backend,
  ConnectionLost,
  type MessageListener,
  type Relayed,
  type Row,
  ServerFailure,
  type Session,
  type SessionState,
  type StatementResult,
} from "../../ports/session.ts";
import { notUnderstood, ProtocolError } from "./answer-rules.ts";
import { copiedRows, firstColumn, WholeAnswer } from "./answer-takers.ts";
import { serverMessage } from "./backend-messages.ts";
import { CopiedOut, CopyData } from "./copy-data.ts";
import type { DriverSocket } from "./driver-socket.ts";
import { ListenerReply, throwAside } from "./listener-reply.ts";
import { queryMessage, singleMessages } from "./outgoing-messages.ts";
import type { Reply } from "./replies.ts";

export interface SessionSettings {
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  /** Start-up parameters besides user and database. */
  readonly startup: Readonly<Record<string, string>>;
  readonly embedded: boolean;
  /** The role as SQL, for a backend that does not know which role the session began with. */
  readonly login?: string;
  /** Asks the server to cancel the current statement of the backend with this identity. */
  readonly cancel: (processId: number, secret: number) => Promise<void>;
}

/** A session of the driver over our own socket; the port documents its methods. */
export class PostgresSession implements Session {
  readonly backend: Backend;
  onNotice: Session["onNotice"];
  readonly #sql: postgres.ReservedSql;
  readonly #socket: DriverSocket;
  readonly #settings: SessionSettings;
  readonly #pending = new Set<(lost: ConnectionLost) => void>();
  readonly #ended: Promise<void>;
  #hasEnded = () => {};
  #sent = 0;
  #copying = false;
  /** The last promise or reply; later ones settle after it. */
  #last: Promise<unknown> = Promise.resolve();
  #lastReply: ListenerReply | undefined;
  #closing: Promise<void> | undefined;
  #lost: ConnectionLost | undefined;

  constructor(sql: postgres.ReservedSql, socket: DriverSocket, settings: SessionSettings) {
    this.#sql = sql;
    this.#socket = socket;
    this.#settings = settings;
    this.#ended = new Promise((resolve) => {
      this.#hasEnded = resolve;
    });
    this.backend = {
      processId: socket.processId,
      serverVersion: versionNumber(socket.reported.parameters.get("server_version") ?? ""),
      parameters: Object.fromEntries(socket.reported.parameters),
      embedded: settings.embedded,
      login: settings.login ?? "DEFAULT",
    };
    // The embedded database has no other clients, and its one backend may belong to a caller.
    if (!settings.embedded) this.#begin();
  }

  #begin(): void {
    const { serverVersion, processId } = this.backend;
    this.#socket.send(++this.#sent, queryMessage(beginSessionSql(serverVersion, processId)), UNWATCHED, true);
  }

  get state(): SessionState {
    return this.#socket.reported.state;
  }

  get sent(): number {
    return this.#sent;
  }

  execute(sql: string): Promise<StatementResult> {
    return this.#refusal() ?? this.#promised(sql);
  }

  send(sql: string, listener: MessageListener): void {
    const refusal = this.#refusal();
    if (refusal) refusal.catch((error: Error) => listener.failed(error));
    else this.#sendPast(sql, listener);
  }

  query(sql: string): Promise<Row[]> {
    const refusal = this.#refusal();
    if (refusal) return refusal;
    this.#sent++;
    this.#socket.expectDriver();
    const before = this.#last;
    const promise = new Promise<Row[]>((resolve, reject) => {
      this.#pending.add(reject);
      this.#sql
        .unsafe<Row[]>(sql)
        .simple()
        .then(
          (rows) => {
            this.#pending.delete(reject);
            settleAfter(before, () => resolve(lastRows(rows)));
          },
          (error: unknown) => {
            this.#pending.delete(reject);
            settleAfter(before, () => reject(this.#translate(error)));
          },
        );
    });
    promise.catch(() => {});
    this.#last = promise;
    return promise;
  }

  /**
   * Runs a COPY ... FROM STDIN with this data, which is read as fast as the server accepts it.
   * Must not be called while another copyIn is pending, and nothing may be called before it has settled: the server
   * drops a connection that sends anything but data in the middle of a COPY.
   */
  async copyIn(sql: string, data: Iterable<Uint8Array | string>): Promise<StatementResult> {
    const refusal = this.#refusal();
    if (refusal) return refusal;
    const copy = new CopyData(data);
    this.#socket.copyFor(this.#sent + 1, copy);
    const result = this.#promised(sql);
    this.#copying = true;
    try {
      return await result;
    } catch (error) {
      throw copy.failure ?? error;
    } finally {
      this.#copying = false;
      copy.stop();
    }
  }

  async copyOut(sql: string, take: (row: Uint8Array) => void): Promise<StatementResult> {
    const refusal = this.#refusal();
    if (refusal) return refusal;
    const rows = new CopiedOut(take, () => void this.cancel().catch(() => {}));
    this.#socket.passTo(
      this.#sent + 1,
      copiedRows((row) => rows.take(row)),
    );
    return await rows.end(this.#promised(sql));
  }

  async single(sql: string): Promise<string[]> {
    const refusal = this.#refusal();
    if (refusal) return refusal;
    const values: string[] = [];
    this.#socket.passTo(this.#sent + 1, firstColumn(values));
    await this.#promised(singleMessages(sql));
    return values;
  }

  async relay(sql: string): Promise<Relayed> {
    const refusal = this.#refusal();
    if (refusal) return refusal;
    const answer = new WholeAnswer();
    this.#socket.passTo(this.#sent + 1, answer);
    await this.#promised(sql).catch((error: unknown) => {
      if (!(error instanceof ServerFailure)) throw error;
    });
    return answer.relayed;
  }

  /** Why nothing can be sent now. */
  #refusal(): Promise<never> | undefined {
    if (this.#lost) return rejected(this.#lost);
    if (this.#closing) return rejected(new ConnectionLost("the session is closed"));
    if (this.#copying) return rejected(new Error("cannot send a message while a COPY is running"));
    return undefined;
  }

  #promised(message: string | Uint8Array): Promise<StatementResult> {
    const promise = new Promise<StatementResult>((resolve, reject) => {
      this.#sendPast(message, { answered: resolve, failed: reject });
    });
    promise.catch(() => {});
    return promise;
  }

  /** Sends past the driver, whose promises settle some turns after an answer has arrived. */
  #sendPast(message: string | Uint8Array, listener: MessageListener): void {
    const reply = new ListenerReply(listener, this.#lossOf);
    this.#lastReply = reply;
    const bytes = typeof message === "string" ? queryMessage(message) : message;
    if (this.#pending.size === 0) {
      this.#socket.send(++this.#sent, bytes, reply);
      return;
    }
    this.#socket.send(++this.#sent, bytes, reply.after(this.#last));
    this.#last = reply.reported;
  }

  #translate(error: unknown): Error {
    if (error instanceof postgres.PostgresError && error.severity !== "FATAL" && error.severity !== "PANIC") {
      return new ServerFailure(serverMessage((name) => text(Reflect.get(error, name))));
    }
    // The driver failed to parse a value.
    if (!this.#lost) this.#socket.fail(notUnderstood("one with a malformed value", error));
    return this.#lossOf();
  }

  readonly #lossOf = () => this.#lost ?? this.#loss(undefined);

  #loss(error: Error | undefined): ConnectionLost {
    if (error instanceof ProtocolError) return new ConnectionLost(error.message);
    const server = this.#socket.lastWord;
    const reason = server?.message ?? error?.message ?? "the server closed it";
    return new ConnectionLost(`the connection was lost: ${reason}`, server);
  }

  /** An error of the listener must not look like one of the server. */
  noticed(notice: ServerMessage, answered: number): void {
    try {
      this.onNotice?.(notice, answered);
    } catch (error) {
      throwAside(error);
    }
  }

  /** Called when the connection has ended. */
  lost(error: Error | undefined): void {
    const lost = this.#loss(error);
    this.#lost = lost;
    // Answers from the same turn settle first.
    queueMicrotask(() => {
      for (const reject of this.#pending) reject(lost);
      this.#pending.clear();
    });
    this.#hasEnded();
  }

  async cancel(): Promise<void> {
    if (this.#lost) return;
    await this.#settings.cancel(this.#socket.processId, this.#socket.secret);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#lost) return;
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_WAIT_MS);
    // Messages may still wait in the driver, and Terminate would overtake them; a pooler that gets Terminate ends the
    // server's connection in the middle of a statement.
    await this.#last.catch(() => {});
    await this.#lastReply?.reported;
    this.#socket.end(TERMINATE);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** The session also works if these first messages fail, only less well protected. */
const UNWATCHED: Reply = { answered() {}, refused() {}, lost() {} };

/** Terminate (PostgreSQL documentation, 54.7). */
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);
const CLOSE_WAIT_MS = 2_000;

function settleAfter(before: Promise<unknown>, settle: () => void): void {
  before.then(settle, settle);
}

/** For a message with several statements the driver returns a list of results. */
function lastRows(result: readonly (Row | readonly Row[])[]): Row[] {
  const last = result.at(-1);
  return Array.isArray(last) ? Array.from(last as readonly Row[]) : Array.from(result as readonly Row[]);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function rejected<T>(error: Error): Promise<T> {
  const promise = Promise.reject<T>(error);
  promise.catch(() => {});
  return promise;
}

/** `server_version_num` from `server_version`: "18.4 (Debian 18.4-1)" is 180004, "19beta1" 190000, "9.6.24" 90624. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = (/^[\d.]+/.exec(version)?.[0] ?? "").split(".").map(Number);
  return major >= 10 ? major * 10_000 + minor : major * 10_000 + minor * 100 + patch;
}
