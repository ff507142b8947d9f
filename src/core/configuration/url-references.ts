import { parseConnectionKeywords } from "../connection/keywords.ts";
import type { ConnectionParameters } from "../connection/parameters.ts";
import { isConnectionUrl, parseConnectionUrl } from "../connection/url.ts";
import { substitute } from "../setting-files/substitution.ts";

/** Variables that a project file may put anywhere into a URL: they name a place and hold no secret. */
const PLACE_VARIABLES: readonly string[] = ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"];

/** The variable that lists further names, with commas or blanks between; read from the environment and the env-file. */
export const URL_VARIABLES = "PGSTEP_URL_VARIABLES";

/** How a URL in a project file uses variables. */
export interface UrlReferences {
  /** The variable whose value is all of the URL, so that whoever sets the variable chooses the server. */
  readonly whole: string | undefined;
  /** Whether the password is a variable's value, or has one in it. */
  readonly inPassword: boolean;
  /** The variables that are all of the hosts, in their order; empty when a part of a host stands in the file. */
  readonly hosts: readonly string[];
  /** The first variable in a place where only those that are permitted may stand. */
  readonly misplaced: string | undefined;
}

/** The names that may stand anywhere in a URL of a project file. */
export function permittedVariables(list: string | undefined): readonly string[] {
  return [...PLACE_VARIABLES, ...(list?.split(/[\s,]+/).filter((name) => name !== "") ?? [])];
}

/** The first variable in a text that is not permitted, wherever it stands. */
export function unpermittedVariable(written: string, permitted: readonly string[]): string | undefined {
  const names: string[] = [];
  substitute(written, (name) => mark(names.push(name) - 1));
  return names.find((name) => !permitted.includes(name));
}

/**
 * Where the `${...}` of a URL stand. Each is replaced by a number of its own and the URL is read as it is read later, so
 * that no spelling can make a part look like another one.
 */
export function urlReferences(written: string, permitted: readonly string[]): UrlReferences {
  const names: string[] = [];
  const marked = substitute(written, (name) => mark(names.push(name) - 1));
  const none = { whole: undefined, inPassword: false, hosts: [], misplaced: undefined };
  // A reference that is malformed is reported when it is replaced; the embedded database's directory goes nowhere.
  if ("fault" in marked || names.length === 0 || /^pglite:/i.test(marked.value)) return none;
  if (marked.value.trim() === mark(0)) return { ...none, whole: names[0] };
  const parameters = read(marked.value);
  const values = [...parameters].map(([name, { value }]) => ({ name, value }));
  const isOnlyPassword = (index: number) => {
    const found = values.filter(({ value }) => value.includes(mark(index)));
    // After an @ the start of a value with a / or ? would be read as a host.
    return (
      found.length === 1 &&
      found.every(({ name, value }) => name === "password" && !value.split(mark(index), 1)[0]?.includes("@"))
    );
  };
  return {
    whole: undefined,
    inPassword: names.some((_, index) => parameters.get("password")?.value.includes(mark(index))),
    hosts: hostsIn(parameters, names),
    misplaced: names.find((name, index) => !permitted.includes(name) && !isOnlyPassword(index)),
  };
}

/** Digits, since they may stand in each part of a URL, the port included. */
function mark(index: number): string {
  return `7306142985${String(index).padStart(6, "0")}`;
}

/** Without the parameters of a URL that cannot be read nothing counts as the password. */
function read(text: string): ConnectionParameters {
  try {
    return isConnectionUrl(text) ? parseConnectionUrl(text, "") : parseConnectionKeywords(text, "");
  } catch {
    return new Map();
  }
}

function hostsIn(parameters: ConnectionParameters, names: readonly string[]): string[] {
  if (parameters.has("hostaddr")) return [];
  const hosts = parameters.get("host")?.value.split(",") ?? [];
  const found = hosts.map((host) => names.find((_, index) => host === mark(index)));
  return found.some((name) => name === undefined) ? [] : found.map(String);
}
