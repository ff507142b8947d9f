import { Failure } from "../failure/failure.ts";
import { type ConnectionParameters, setParameter } from "./parameters.ts";

/**
 * Reads `host=localhost dbname=app password='a b'` as libpq does (PostgreSQL documentation, 32.1.1.1 Keyword/Value
 * Connection Strings): spaces around = are allowed, a backslash takes the next character as it is.
 * @throws Failure settings
 */
export function parseConnectionKeywords(text: string, source: string): ConnectionParameters {
  const parameters: ConnectionParameters = new Map();
  let index = 0;
  const skipSpaces = () => {
    while (/\s/.test(text[index] ?? "")) index++;
  };
  for (skipSpaces(); index < text.length; skipSpaces()) {
    const name = /^[^\s=]+/.exec(text.slice(index))?.[0] ?? "";
    index += name.length;
    skipSpaces();
    if (name === "" || text[index] !== "=") throw malformed(source, parameters.size);
    index++;
    skipSpaces();
    const quoted = text[index] === "'";
    if (quoted) index++;
    let value = "";
    for (; index < text.length; index++) {
      let character = text[index] ?? "";
      if (quoted ? character === "'" : /\s/.test(character)) break;
      if (character === "\\") character = text[++index] ?? "";
      value += character;
    }
    if (quoted && text[index++] !== "'") {
      throw new Failure(
        "settings",
        `Cannot read the connection string from ${source}: the quote of ${name} is not closed`,
        {
          hint: "Put a ' at the end of the value; write one inside it as \\'.",
        },
      );
    }
    // Empty values are kept: they select the default and override a variable.
    setParameter(parameters, name, value, source);
  }
  return parameters;
}

/** Never quotes the invalid word, which may be the rest of a password with a space in it. */
function malformed(source: string, read: number): Failure {
  const place = read === 0 ? "it is neither a URL nor name=value" : `no name=value follows value ${read}`;
  return new Failure("settings", `Cannot read the connection string from ${source}: ${place}`, {
    hint: "Write postgres://user@host:5432/database, pglite:<directory>, or host=... dbname=... user=...",
  });
}
