import type { TokenCursor } from "../sql/token-cursor.ts";

/** A statement's change to a setting of the session. */
export interface SettingChange {
  /** In lower case; "all" if every setting is reset. */
  readonly name: string;
  /** As written, without quotes; undefined if the setting is reset to its default. */
  readonly value: string | undefined;
  /** True if it lasts only until the end of the transaction. */
  readonly local: boolean;
}

/**
 * The change that SET, RESET, DISCARD ALL or a leading `SELECT set_config(...)` makes; undefined for other statements.
 * Of a list of values, only the first is returned.
 */
export function settingChange(cursor: TokenCursor): SettingChange | undefined {
  if (cursor.accept("SET")) return set(cursor);
  if (cursor.accept("RESET")) return { name: cursor.takeName(), value: undefined, local: false };
  if (cursor.accept("DISCARD", "ALL")) return { name: "all", value: undefined, local: false };
  if (cursor.accept("SELECT")) return setConfig(cursor);
  return undefined;
}

function set(cursor: TokenCursor): SettingChange | undefined {
  const local = cursor.acceptOne("SESSION", "LOCAL") === "LOCAL";
  if (cursor.accept("NAMES")) {
    const value = cursor.atEnd || cursor.accept("DEFAULT") ? undefined : cursor.takeValue();
    return { name: "client_encoding", value, local };
  }
  const name = cursor.takeName().toLowerCase();
  if (!cursor.accept("TO") && !cursor.accept("=")) return undefined;
  return { name, value: cursor.accept("DEFAULT") ? undefined : cursor.takeValue(), local };
}

function setConfig(cursor: TokenCursor): SettingChange | undefined {
  cursor.accept("PG_CATALOG", ".");
  if (!cursor.accept("SET_CONFIG", "(") || !cursor.atString) return undefined;
  const name = cursor.takeValue().toLowerCase();
  if (!cursor.accept(",") || !cursor.atString) return undefined;
  const value = cursor.takeValue();
  if (!cursor.accept(",")) return undefined;
  return { name, value, local: parseBoolean(cursor.takeValue()) === true };
}

/**
 * A Boolean as PostgreSQL reads it from text: on, yes, true, 1 and their opposites, in any case, also shortened;
 * undefined for other text. (parse_bool, src/backend/utils/adt/bool.c)
 */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === "" || word === "o") return undefined;
  if (["true", "yes", "on", "1"].some((known) => known.startsWith(word))) return true;
  if (["false", "no", "off", "0"].some((known) => known.startsWith(word))) return false;
  return undefined;
}
