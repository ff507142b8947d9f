import { sqlName } from "../../core/reports/diagnosis.ts";
import type { Shape } from "../session/json-answer.ts";

/** Why nothing can be written to a database, and how to change that. */
export interface ReadOnly {
  /** In words, after "Cannot migrate app: ". */
  readonly reason: string;
  readonly hint: string;
}

/** The origin of a setting: pg_settings.source, and the session's log-in role. */
export type SettingOrigin = readonly [source: string, loginRole: string];

const SETTING = "default_transaction_read_only";

/** An SQL expression for `readSql`, of `READ_ONLY_SHAPE`; NULL if transactions are read-write by default. */
export const READ_ONLY_SQL = `(SELECT json_build_array(source,session_user)FROM pg_settings WHERE name='${SETTING}'AND setting='on')`;

export const READ_ONLY_SHAPE: Shape = ["maybe", ["parts", ["text", "text"]]];

export const STANDBY: ReadOnly = {
  reason: "the server is a standby in recovery",
  hint: "Name the primary, or all hosts with target_session_attrs=primary.",
};

/** The reason and hint for a session whose transactions are read-only by default. @param database its name */
export function readOnlyByDefault([source, loginRole]: SettingOrigin, database: string): ReadOnly {
  const { where, reset, hint } = layerOf(source, sqlName(loginRole), sqlName(database));
  return {
    reason: `transactions are read-only here (${SETTING} is on${where && ` ${where}`})`,
    hint: reset ? `To allow writes, run: ${reset}` : hint,
  };
}

interface Layer {
  /** The place of the setting, after "is on". */
  readonly where: string;
  /** The SQL that resets it. */
  readonly reset?: string;
  /** The advice if no SQL resets it. */
  readonly hint: string;
}

function layerOf(source: string, role: string, database: string): Layer {
  // A session that is read-only itself rejects the ALTER outside such a transaction.
  const alter = (where: string, what: string): Layer => ({
    where,
    reset: `BEGIN READ WRITE; ALTER ${what} RESET ${SETTING}; COMMIT;`,
    hint: "",
  });
  switch (source) {
    case "database":
      return alter("for the database", `DATABASE ${database}`);
    case "user":
      return alter(`for the role ${role}`, `ROLE ${role}`);
    case "database user":
      return alter(`for the role ${role} in this database`, `ROLE ${role} IN DATABASE ${database}`);
    case "global":
      return alter("for all roles", "ROLE ALL");
    case "configuration file":
      return {
        where: "in the server's configuration",
        reset: `ALTER SYSTEM SET ${SETTING} = off; SELECT pg_reload_conf();`,
        hint: "",
      };
    case "command line":
      return {
        where: "in the command that starts the server",
        hint: `To allow writes, start the server without ${SETTING}, or connect to a server that accepts writes.`,
      };
    case "client":
      return {
        where: "in the connection's options",
        hint: `To allow writes, remove ${SETTING} from PGOPTIONS, or from options= in the URL.`,
      };
    default:
      return {
        where: "",
        hint: `To allow writes, find what sets ${SETTING} (a pooler, or a client that shares its session), or connect without it.`,
      };
  }
}
