import type { Duplex } from "node:stream";
import { NotPostgres } from "../network/tls.ts";
import { ProtocolError } from "../session/answer-rules.ts";
import { MESSAGE, readServerMessage } from "../session/backend-messages.ts";
import { StartupRefused } from "../session/open-session.ts";
import { Authentication, type Credentials } from "./authentication.ts";
import { startupMessage } from "./login-messages.ts";
import { LoginReader } from "./login-reader.ts";

export interface LoginSettings extends Credentials {
  readonly database: string;
  /** Start-up parameters besides user and database. */
  readonly startup: Readonly<Record<string, string>>;
  /** Called after the log-in, if the password's digest was sent over the network in a form that can be attacked. */
  readonly exposed?: () => void;
}

/**
 * Logs in over a connected stream, and returns the server's messages from the acceptance until it is ready.
 * Leaves the stream paused. Rejects with StartupRefused if the server refuses or closes first, with NotPostgres and
 * ProtocolError, and with AuthenticationRefused, PasswordMissing and ScramError.
 */
export async function logIn(stream: Duplex, settings: LoginSettings): Promise<Buffer> {
  const reader = new LoginReader(stream);
  const authentication = new Authentication(settings);
  const { user, database, startup } = settings;
  const said: Buffer[] = [];
  try {
    stream.write(startupMessage({ user, database, client_encoding: "UTF8", ...startup }));
    for (;;) {
      const { type, body, bytes } = await reader.next().catch((error: unknown) => {
        if (error instanceof NotPostgres || error instanceof ProtocolError) throw error;
        const cause = error instanceof Error ? error : new Error(String(error));
        throw new StartupRefused(undefined, authentication.passwordAsked, cause);
      });
      if (type === MESSAGE.errorResponse) {
        throw new StartupRefused(readServerMessage(body), authentication.passwordAsked, undefined);
      }
      if (type !== MESSAGE.authentication || authentication.isAccepted(body)) said.push(bytes);
      else {
        const answer = await authentication.answer(body);
        if (answer) stream.write(answer);
      }
      if (type === MESSAGE.readyForQuery) {
        if (authentication.isExposed) settings.exposed?.();
        return Buffer.concat([...said, reader.release()]);
      }
    }
  } catch (error) {
    reader.release();
    throw error;
  }
}
