import { Buffer } from "node:buffer";

/** An identifier as SQL, as PostgreSQL prints it. */
export const NAME = '(?:"(?:[^"]|"")+"|[^\\s".(),;:\'\\[\\]]+)';
/** A name with its schema. */
export const QUALIFIED_NAME = `${NAME}\\.${NAME}`;

const LAST = new RegExp(`^(.*)\\.(${NAME})$`, "s");

/** "schema.table.column" as ["schema.table", "column"] */
export function splitName(name: string): [string, string] {
  const [, before = "", last = name] = LAST.exec(name) ?? [];
  return [before, last];
}

/** A name without its schema. */
export function plainName(name: string): string {
  return splitName(name)[1];
}

/** An identifier without its quotes. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** PostgreSQL cuts off the rest of an identifier. */
const LONGEST = 63;

/** The identifier with something added to its end, and shortened where it would be too long. */
export function suffixed(name: string, suffix: string): string {
  let plain = unquoted(name);
  while (Buffer.byteLength(plain + suffix) > LONGEST) plain = [...plain].slice(0, -1).join("");
  return name.startsWith('"') ? `"${(plain + suffix).replaceAll('"', '""')}"` : plain + suffix;
}

/** A text as a string literal, as a person would write it. */
export function literal(text: string): string {
  return text.includes("\\")
    ? `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}

/** A plain name as SQL. */
export function quotedIfNeeded(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
