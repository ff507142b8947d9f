import { Failure } from "../failure/failure.ts";
import { type ConnectionParameters, setParameter } from "./parameters.ts";

/**
 * The parameters in one section of a connection service file (PostgreSQL documentation, 32.17); undefined if the file
 * has no such section.
 * @throws Failure settings for a line that is not a comment, [section] or name=value
 */
export function parseServiceFile(text: string, service: string, path: string): ConnectionParameters | undefined {
  let found: ConnectionParameters | undefined;
  let inside = false;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      inside = found === undefined && line === `[${service}]`;
      if (inside) found = new Map();
      continue;
    }
    if (!inside) continue;
    if (/^ldaps?:\/\//i.test(line)) {
      throw new Failure("settings", `Cannot read ${path}:${index + 1}: LDAP lookup of parameters is not supported`, {
        hint: "Write the parameters themselves into the file.",
      });
    }
    const equals = line.indexOf("=");
    if (equals < 1) {
      throw new Failure("settings", `Cannot read ${path}:${index + 1}: the line is not name=value`, {
        hint: "Write one name=value a line, without spaces around the =.",
      });
    }
    const name = line.slice(0, equals).trim();
    if (name === "service") {
      throw new Failure("settings", `Cannot read ${path}:${index + 1}: the service refers to another service`, {
        hint: "Write the parameters of the other service there instead.",
      });
    }
    // libpq uses the first of several lines for one parameter.
    if (found && !found.has(name)) setParameter(found, name, line.slice(equals + 1).trim(), `${path}:${index + 1}`);
  }
  return found;
}

export interface PasswordWanted {
  /** As named in the parameters; "localhost" for a Unix socket in the default directory. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

export interface FoundPassword {
  readonly password: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * The password in the first matching line `host:port:database:user:password` of a password file. A * matches anything;
 * a backslash escapes the next character (PostgreSQL documentation, 32.16).
 */
export function findPassword(text: string, wanted: PasswordWanted): FoundPassword | undefined {
  const wantedFields = [wanted.host, String(wanted.port), wanted.database, wanted.user];
  for (const [lineIndex, line] of text.split("\n").entries()) {
    if (line.startsWith("#")) continue;
    const fields = passwordFields(line.replace(/\r$/, ""));
    if (fields.length !== 5) continue;
    if (wantedFields.every((field, index) => fields[index]?.raw === "*" || fields[index]?.value === field)) {
      return { password: fields[4]?.value ?? "", line: lineIndex + 1 };
    }
  }
  return undefined;
}

/** At most five fields; colons after the fourth belong to the password. */
function passwordFields(line: string): { raw: string; value: string }[] {
  const fields: { raw: string; value: string }[] = [{ raw: "", value: "" }];
  for (let index = 0; index < line.length; index++) {
    const last = fields[fields.length - 1];
    if (!last) break;
    const character = line[index] ?? "";
    if (character === ":" && fields.length < 5) {
      fields.push({ raw: "", value: "" });
      continue;
    }
    const escaped = character === "\\" && index + 1 < line.length;
    const value = escaped ? (line[++index] ?? "") : character;
    last.raw += escaped ? `\\${value}` : value;
    last.value += value;
  }
  return fields;
}
