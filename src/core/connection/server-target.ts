import {
  ANY_METHOD,
  AUTHENTICATION_METHODS,
  type AuthenticationDemands,
  CHANNEL_BINDINGS,
  type ChannelBinding,
  type PasswordGuard,
  parseRequireAuth,
} from "../authentication/require-auth.ts";
import { Failure } from "../failure/failure.ts";
import { type HostDefaults, hostsOf } from "./hosts.ts";
import { checkKnown } from "./known-parameters.ts";
import { chosen, malformed, textValue, wholeNumber } from "./parameter-values.ts";
import type { ConnectionParameters } from "./parameters.ts";
import { SERVER_ROLES, type ServerRole, type ServerTarget } from "./target.ts";
import { tlsDemands } from "./tls-requirements.ts";

/** Values that the machine supplies where no parameter does. */
export interface ConnectionDefaults extends HostDefaults {
  /** The operating system's user; undefined if it cannot be determined. */
  readonly user: string | undefined;
  /** A password file that is ignored because other users can read it. */
  readonly ignoredPasswordFile: string | undefined;
  /** Session settings that are not parameters, e.g. the time zone. */
  readonly sessionSettings?: Readonly<Record<string, string>>;
  /** For a server that only a project file names, if the password is not in that file. */
  readonly guard?: PasswordGuard | undefined;
  /** Set if `require_auth` comes from a project file: the user's own value, which alone can permit clear text. */
  readonly agreement?: { readonly requireAuth: string | undefined } | undefined;
}

/**
 * The server that the merged parameters name; the caller has already resolved their precedence.
 * @throws Failure settings for a parameter that is unknown, unsupported or malformed
 */
export function serverTarget(parameters: ConnectionParameters, defaults: ConnectionDefaults): ServerTarget {
  checkKnown(parameters);
  const value = (name: string) => textValue(parameters, name);
  const user = value("user") ?? defaults.user;
  if (user === undefined) {
    throw new Failure("settings", "Cannot connect: no user is given, and the operating system reports none", {
      hint: "Give one: postgres://user@host/database, or PGUSER.",
    });
  }
  const database = value("dbname") ?? user;
  const options = value("options");
  return {
    kind: "server",
    hosts: hostsOf(parameters, defaults, { database, user }),
    shuffled: chosen(parameters, "load_balance_hosts", ["disable", "random"], "disable") === "random",
    user,
    database,
    tls: tlsDemands(parameters),
    authentication: authenticationDemands(parameters, defaults),
    ignoredPasswordFile: defaults.ignoredPasswordFile,
    connectTimeoutMs: connectTimeoutMs(parameters),
    keepAliveMs: keepAliveMs(parameters),
    serverRole: chosen<ServerRole>(parameters, "target_session_attrs", SERVER_ROLES, "any"),
    startup: {
      application_name: value("application_name") ?? value("fallback_application_name") ?? DEFAULT_NAME,
      ...defaults.sessionSettings,
      ...(options !== undefined && { options }),
    },
  };
}

/** libpq waits without a limit by default, which does not suit a program that runs unattended. */
export const DEFAULT_TIMEOUT_SECONDS = 10;
export const DEFAULT_NAME = "pgstep";

function connectTimeoutMs(parameters: ConnectionParameters): number {
  const range = { least: -2_147_483_648, most: 2_000_000, otherwise: DEFAULT_TIMEOUT_SECONDS };
  return 1_000 * Math.max(0, wholeNumber(parameters, "connect_timeout", range));
}

function keepAliveMs(parameters: ConnectionParameters): number | undefined {
  if (wholeNumber(parameters, "keepalives", { least: 0, most: 1, otherwise: 1 }) === 0) return undefined;
  return 1_000 * wholeNumber(parameters, "keepalives_idle", { least: 0, most: 32_767, otherwise: 60 });
}

function authenticationDemands(
  parameters: ConnectionParameters,
  { guard, agreement }: ConnectionDefaults,
): AuthenticationDemands {
  const channelBinding = chosen<ChannelBinding>(parameters, "channel_binding", CHANNEL_BINDINGS, "prefer");
  const required = textValue(parameters, "require_auth");
  if (required === undefined) return { ...ANY_METHOD, guard, channelBinding };
  const demands = parseRequireAuth(required);
  const agreed = agreement ? parseRequireAuth(agreement.requireAuth ?? "") : demands;
  const clearTextAgreed = agreed?.clearTextAgreed ?? false;
  if (demands) return { ...demands, clearTextAgreed, guard, channelBinding };
  throw malformed(
    parameters,
    "require_auth",
    `require_auth=${required} is not a list of methods`,
    `Write some of ${AUTHENTICATION_METHODS.join(", ")} with commas between, or a ! before each of them.`,
  );
}
