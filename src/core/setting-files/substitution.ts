/** The text with its `${...}` replaced, or the error in one of them. */
export type Substitution = { readonly value: string } | { readonly problem: string; readonly hint: string };

const REFERENCE = /\$\$(?=\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

const BEGINNING = /\$\$(?=\{)|\$\{/g;

/** True if the text has references to replace. */
export function hasReferences(text: string): boolean {
  return text.includes("${");
}

/**
 * Replaces `${NAME}` by a variable and `${NAME:-default}` by the variable or else the default; `$${` becomes `${`. As
 * everywhere, an empty variable counts as not set.
 */
export function substitute(text: string, lookUp: (name: string) => string | undefined): Substitution {
  let wrong: Substitution | undefined;
  // After the last } no reference can end: the slow expression must not search there again and again.
  const end = text.lastIndexOf("}") + 1;
  const replaced = (found: string, name?: string, fallback?: string) => {
    if (found === "$$") return "$";
    const known = name === undefined ? undefined : lookUp(name) || fallback;
    if (known !== undefined) return known;
    wrong ??=
      name === undefined
        ? {
            problem: `it has a \${ without a name and }`,
            hint: `Write \${NAME} or \${NAME:-default}, and $\${ for \${ itself.`,
          }
        : { problem: `the variable ${name} is not set`, hint: `Set ${name}, or write \${${name}:-default}.` };
    return found;
  };
  const value =
    text.slice(0, end).replace(REFERENCE, replaced) + text.slice(end).replace(BEGINNING, (found) => replaced(found));
  return wrong ?? { value };
}
