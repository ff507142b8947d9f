import { Failure } from "../failure/failure.ts";
import { type ConnectionParameters, PARAMETERS, setParameter } from "./parameters.ts";

const SCHEME = /^postgres(?:ql)?:\/\//i;

/** True if a connection string is a URL, not keywords and values. */
export function isConnectionUrl(text: string): boolean {
  return SCHEME.test(text);
}

/**
 * Parses `postgres://user:password@host:port,host:port/database?name=value` as libpq does (PostgreSQL documentation,
 * 32.1.1.2 Connection URIs). General URL parsers do not support several hosts, no host, or a socket directory as the
 * host. Messages never quote text that could be a part of the password.
 * @throws Failure settings, naming the invalid part
 */
export function parseConnectionUrl(text: string, source: string): ConnectionParameters {
  const parameters: ConnectionParameters = new Map();
  const set = (name: string, value: string) => void (value !== "" && parameters.set(name, { value, source }));
  const rest = text.trim().replace(SCHEME, "");
  const authority = authorityOf(rest);
  const tail = rest.slice(authority.length);
  const at = authority.lastIndexOf("@");
  // An unescaped / in the password makes the end of the password look like path or query.
  const suspicious = authority.includes(":") && tail.includes("@");
  const problem = (part: string, hint: string) =>
    suspicious
      ? malformed(source, "a / or ? comes before an @", "In a password, write / as %2F, ? as %3F, @ as %40.")
      : malformed(source, part, hint);

  if (at !== -1) {
    const credentials = authority.slice(0, at);
    const colon = credentials.indexOf(":");
    set("user", decode(colon === -1 ? credentials : credentials.slice(0, colon), "the user", problem));
    if (colon !== -1) set("password", decode(credentials.slice(colon + 1), "the password", problem));
  }

  const names: string[] = [];
  const ports: string[] = [];
  for (const spec of authority.slice(at + 1).split(",")) {
    const match = /^(\[[^\]]+\]|[^:[\]]*)(?::([0-9]*))?$/.exec(spec);
    if (!match) {
      const hint = "Write host:port with digits as the port, and an IPv6 address in brackets: [::1]:5432.";
      throw problem("the host or its port is malformed", hint);
    }
    const [, name = "", port = ""] = match;
    names.push(decode(name.startsWith("[") ? name.slice(1, -1) : name, "the host", problem));
    ports.push(port);
  }
  set("host", names.join(","));
  // With several hosts the text is never empty, so PGPORT does not apply to them; it does not in libpq either.
  set("port", ports.join(","));

  const question = tail.indexOf("?");
  const path = question === -1 ? tail : tail.slice(0, question);
  if (suspicious && path.includes("@")) throw problem("the database", "Write an @ in its name as %40.");
  set("dbname", decode(path.slice(1), "the database", problem));
  if (question === -1) return parameters;
  for (const pair of tail.slice(question + 1).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    if (equals === -1) throw problem("a parameter after the ? has no value", "Write ?name=value&name=value.");
    const name = decode(pair.slice(0, equals), "the name of a parameter", problem);
    const value = decode(pair.slice(equals + 1), `the parameter "${name}"`, problem);
    // JDBC's spelling, which libpq accepts too.
    if (name === "ssl" && value === "true") set("sslmode", "require");
    else if (suspicious && !Object.hasOwn(PARAMETERS, name)) throw problem(`"${name}"`, "");
    else setParameter(parameters, name, value, source);
  }
  return parameters;
}

/**
 * The user, password, hosts and ports at the start of a URL without its scheme. As in libpq, an @ before the first /
 * ends user and password, whatever characters they contain. A host name has no @, so the last of several @ counts.
 */
export function authorityOf(rest: string): string {
  const firstAt = rest.search(/@|\//);
  return rest.slice(0, endBy(/[/?]/, rest, rest[firstAt] === "@" ? firstAt : 0));
}

/** The index of the first match from `start` on, or the end of the text. */
function endBy(pattern: RegExp, text: string, start: number): number {
  const found = text.slice(start).search(pattern);
  return found === -1 ? text.length : start + found;
}

function decode(text: string, part: string, problem: (part: string, hint: string) => Failure): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes("\0")) return decoded;
  } catch {
    // Reported below.
  }
  throw problem(`the percent-encoding of ${part} is malformed`, "Write a % itself as %25.");
}

function malformed(source: string, what: string, hint: string): Failure {
  return new Failure("settings", `Cannot read the database URL from ${source}: ${what}`, { hint });
}
