import { parseConnectionKeywords } from "../connection/keywords.ts";
import { FOREIGN_PARAMETERS, PARAMETERS } from "../connection/parameters.ts";
import { isConnectionUrl, parseConnectionUrl } from "../connection/url.ts";
import { masked } from "../secrets/masking.ts";

const MASK = "***";
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  "password",
  "sslpassword",
  "oauth_client_secret",
  "scram_client_key",
  "scram_server_key",
]);

/** Masks the passwords in a URL or connection string; masks all of an unreadable one: any part could be one. */
export function maskConnection(connection: string): string {
  if (/^pglite:/i.test(connection)) return connection;
  return isConnectionUrl(connection) ? maskUrl(connection) : maskKeywords(connection);
}

/**
 * A database URL or connection string that can be typed again, its passwords left out; undefined if it is unreadable,
 * since any part could be one.
 */
export function withoutPasswords(connection: string): string | undefined {
  if (/^pglite:/i.test(connection)) return connection;
  const masked = maskConnection(connection);
  if (masked === MASK) return undefined;
  if (!isConnectionUrl(connection)) {
    const pairs = [...masked.matchAll(PAIR)].map(([pair]) => pair);
    return pairs
      .filter((pair) => !pair.includes(MASK))
      .join("")
      .trim();
  }
  const [place = "", ...query] = masked.split("?");
  const pairs = query
    .join("?")
    .split("&")
    .filter((pair) => pair !== "" && !pair.includes(MASK));
  return place.replace(`:${MASK}@`, "@") + (pairs.length === 0 ? "" : `?${pairs.join("&")}`);
}

function maskUrl(url: string): string {
  if (!canRead(() => parseConnectionUrl(url, ""))) return MASK;
  // A password may contain a / or ?, so it ends at the last @.
  const shown = url.replace(/^([a-z]+:\/\/[^:/?#@]*):.*@/is, `$1:${MASK}@`);
  const question = shown.indexOf("?");
  if (question === -1) return shown;
  const pairs = shown.slice(question + 1).split("&");
  return `${shown.slice(0, question + 1)}${pairs.map(maskPair).join("&")}`;
}

/** `name=value` of a URL, both percent-encoded. */
function maskPair(pair: string): string {
  const equals = pair.indexOf("=");
  if (equals === -1) return pair;
  const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
  const meant = decodeURIComponent(value);
  return shownValue(decodeURIComponent(name), meant) === meant ? pair : `${name}=${MASK}`;
}

function maskKeywords(keywords: string): string {
  if (!canRead(() => parseConnectionKeywords(keywords, ""))) return MASK;
  const pairs = [...keywords.matchAll(PAIR)];
  const read = pairs.reduce((length, [pair]) => length + pair.length, 0);
  if (keywords.slice(read).trim() !== "") return MASK;
  const shown = pairs.map(
    ([, name = "", equals = "", value = ""]) => `${name}${equals}${shownValue(name.trim(), value)}`,
  );
  return shown.join("") + keywords.slice(read);
}

/** One `name = value`, with the white space before it. */
const PAIR = /(\s*[^\s=]+)(\s*=\s*)('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)/gsy;

/** Unknown parameters are masked: the name may be a misspelled "password". */
function shownValue(name: string, value: string): string {
  const isKnown = Object.hasOwn(PARAMETERS, name) || Object.hasOwn(FOREIGN_PARAMETERS, name);
  return isKnown && !SECRET_PARAMETERS.has(name) ? masked(value) : MASK;
}

function canRead(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
