import { jsonText } from "../text/display.ts";
/** A name's words as TypeScript joins them: "user-accounts", "user_accounts" and "userAccounts" give UserAccounts. */
export function typeName(name: string): string {
  const words = name.split(/[^\p{ID_Continue}]+|_+/u).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^\p{ID_Start}/u.test(joined) ? joined : `_${joined}`;
}

/** The same with a lower-case first letter: userAccounts. */
export function valueName(name: string): string {
  const small = name.charAt(0).toLowerCase() + name.slice(1);
  return RESERVED.has(small) ? `${small}_` : small;
}

/** A property's name, in quotes if TypeScript requires them. */
export function propertyName(name: string): string {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : jsonText(name);
}

/** Hands out names, each only once: the second Users is Users2. */
export class NameGiver {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** @param endings suffixes of further names that are built from this one, and must be free as well */
  give(wanted: string, endings: readonly string[] = []): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? wanted : `${wanted}${number}`;
      const all = [name, ...endings.map((ending) => name + ending)];
      if (all.some((one) => this.#taken.has(one))) continue;
      for (const one of all) this.#taken.add(one);
      return name;
    }
  }
}

/** Words that cannot name a constant in a module (ECMA-262, 12.7.2), and names that the generated files use. */
const RESERVED = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield arguments eval z"
  ).split(" "),
);
