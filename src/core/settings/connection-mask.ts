import { parseConnectionKeywords } from "../connection/keywords.ts";
import { isConnectionUrl, parseConnectionUrl } from "../connection/url.ts";

const MASK = "***";
const SECRET_NAMES = "(?:password|sslpassword|oauth_client_secret|scram_client_key|scram_server_key)";

/** What names a database, without any password; nothing of what cannot be read, where each piece could be one. */
export function maskConnection(connection: string): string {
  if (/^pglite:/i.test(connection)) return connection;
  return isConnectionUrl(connection) ? maskUrl(connection) : maskKeywords(connection);
}

function maskUrl(url: string): string {
  if (!canRead(() => parseConnectionUrl(url, ""))) return MASK;
  // With a password that holds a / or ?, what looks like its end is where the last @ is.
  return url
    .replace(/^([a-z]+:\/\/[^:/?#@]*):.*@/is, `$1:${MASK}@`)
    .replace(new RegExp(`([?&]${SECRET_NAMES}=)[^&]*`, "gi"), `$1${MASK}`);
}

function maskKeywords(keywords: string): string {
  if (!canRead(() => parseConnectionKeywords(keywords, ""))) return MASK;
  return keywords.replace(
    new RegExp(`(\\b${SECRET_NAMES}\\s*=\\s*)('(?:\\\\.|[^'])*'|(?:\\\\.|[^\\s\\\\])+)`, "gis"),
    `$1${MASK}`,
  );
}

function canRead(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
