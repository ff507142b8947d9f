import type { Variable } from "./format.ts";

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME?message}`; `$$` and `\$` are dollars. */
const REFERENCE = /\\\$|\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])([^}$]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * A line with its references to environment variables replaced, as goose's ENVSUB does: an unset variable is empty.
 * Substrings (`${NAME:0:3}`) and references in a default are not supported.
 */
export function interpolated(
  line: string,
  variable: (name: string) => Variable,
): string | { readonly problem: string } {
  let problem: string | undefined;
  const text = line.replace(REFERENCE, (found, braced?: string, operator?: string, word?: string, bare?: string) => {
    if (found === "$$" || found === "\\$") return "$";
    const name = braced ?? bare ?? "";
    const value = variable(name);
    if (typeof value === "object") {
      problem ??= value.problem;
      return "";
    }
    const isSet = operator?.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
    if (isSet || operator === undefined) return value ?? "";
    if (operator.endsWith("-")) return word ?? "";
    problem ??= `the environment variable ${name} is not set${word ? `: ${word}` : ""}`;
    return "";
  });
  const rest = /\$\{[^}]*\}?/.exec(line.replace(REFERENCE, ""));
  if (rest) problem ??= `${rest[0]} is not a reference to an environment variable`;
  return problem === undefined ? text : { problem };
}
