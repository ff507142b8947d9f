import type { ServerMessage } from "../../core/failure/failure.ts";
import { type GivenPlaceholders, secretMask } from "../../core/placeholders/placeholders.ts";
import {
  ConnectionLost,
  type Database,
  type MessageListener,
  type Relayed,
  ServerFailure,
  type Session,
} from "../../ports/session.ts";

/** The database with secret placeholder values masked in all errors and notices. */
export function withoutSecrets(database: Database, placeholders: GivenPlaceholders | undefined): Database {
  const mask = secretMask(placeholders);
  if (!mask) return database;
  return {
    description: database.description,
    embedded: database.embedded,
    open: async (signal) => new MaskingSession(await database.open(signal), mask),
    prepare: async () => await database.prepare?.(),
    close: () => database.close(),
  };
}

type Mask = (text: string) => string;

class MaskingSession implements Session {
  readonly #session: Session;
  readonly #mask: Mask;
  #onNotice: Session["onNotice"];
  /** Settles after the last returned promise, so that a later listener is not called before that promise. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, mask: Mask) {
    this.#session = session;
    this.#mask = mask;
  }

  get backend() {
    return this.#session.backend;
  }

  get state() {
    return this.#session.state;
  }

  get sent() {
    return this.#session.sent;
  }

  get onNotice() {
    return this.#onNotice;
  }

  set onNotice(listener: Session["onNotice"]) {
    this.#onNotice = listener;
    const mask = this.#mask;
    this.#session.onNotice = listener && ((notice, answered) => listener(maskedMessage(notice, mask), answered));
  }

  execute(sql: string) {
    return this.#masked(this.#session.execute(sql));
  }

  send(sql: string, listener: MessageListener) {
    const last = this.#last;
    this.#session.send(sql, {
      answered: (result) => void last.then(() => listener.answered(result)),
      failed: (error) => void last.then(() => listener.failed(maskedError(error, this.#mask))),
    });
  }

  query(sql: string) {
    return this.#masked(this.#session.query(sql));
  }

  single(sql: string) {
    return this.#masked(this.#session.single(sql));
  }

  copyIn(sql: string, data: Iterable<Uint8Array | string>) {
    return this.#masked(this.#session.copyIn(sql, data));
  }

  copyOut(sql: string, take: (row: Uint8Array) => void) {
    return this.#masked(this.#session.copyOut(sql, take));
  }

  /** The bytes stay as they are: a program parses them. */
  async relay(sql: string): Promise<Relayed> {
    const { bytes, failure } = await this.#masked(this.#session.relay(sql));
    return { bytes, ...(failure && { failure: maskedMessage(failure, this.#mask) }) };
  }

  cancel() {
    return this.#session.cancel();
  }

  close() {
    return this.#session.close();
  }

  #masked<Result>(answer: Promise<Result>): Promise<Result> {
    const masked = answer.catch((error: unknown) => {
      throw maskedError(error, this.#mask);
    });
    // Avoids an unhandled rejection while nobody awaits it.
    this.#last = masked.catch(() => {});
    return masked;
  }
}

function maskedError<Thrown>(error: Thrown, mask: Mask): Thrown | ServerFailure | ConnectionLost {
  if (error instanceof ServerFailure) return new ServerFailure(maskedMessage(error.server, mask), error.after);
  if (error instanceof ConnectionLost) {
    return new ConnectionLost(mask(error.message), error.server && maskedMessage(error.server, mask));
  }
  return error;
}

/** Masks the texts; severity, code and positions stay unchanged. */
function maskedMessage(server: ServerMessage, mask: Mask): ServerMessage {
  const { severity, code, internalQuery, internalPosition, ...rest } = server;
  const texts = Object.fromEntries(
    Object.entries(rest).map(([field, value]) => [field, typeof value === "string" ? mask(value) : value]),
  ) as Pick<ServerMessage, "message">;
  const query = internalQuery === undefined ? undefined : mask(internalQuery);
  // In a masked text the position would be wrong.
  const isSame = query === internalQuery && internalPosition !== undefined;
  return {
    ...texts,
    severity,
    code,
    ...(query !== undefined && { internalQuery: query }),
    ...(isSame && { internalPosition }),
  };
}
