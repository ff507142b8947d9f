/** An identifier as SQL text, always quoted. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A comparison with the same meaning under every search path: a user may have an operator = of their own, in a schema
 * that a migration or the role puts before pg_catalog.
 */
export function equals(left: string, right: string): string {
  return `${left} OPERATOR(pg_catalog.=) ${right}`;
}

/**
 * A text value as SQL with the same meaning under every setting that a migration may have left behind: pure ASCII, no
 * backslash, so neither standard_conforming_strings nor client_encoding can change it.
 */
export function quoteText(value: string | null): string {
  if (value === null) return "NULL";
  if (/^[ -&(-[\]-~]*$/.test(value)) return `'${value}'`;
  // A PostgreSQL value cannot contain NUL.
  const hex = Buffer.from(value.replaceAll("\0", ""), "utf8").toString("hex");
  return `pg_catalog.convert_from(pg_catalog.decode('${hex}', 'hex'), 'UTF8')`;
}
