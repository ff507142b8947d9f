import { parseConnectionKeywords } from "../connection/keywords.ts";
import type { ConnectionParameters } from "../connection/parameters.ts";
import { isConnectionUrl, parseConnectionUrl } from "../connection/url.ts";
import { substitute } from "../setting-files/substitution.ts";

/** Variables allowed anywhere in a project file's URL: they name a place and hold no secret. */
const PLACE_VARIABLES: readonly string[] = ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"];

/** The variable that lists further allowed names, separated by commas or blanks; read from environment and env-file. */
export const URL_VARIABLES = "PGSTEP_URL_VARIABLES";

/** How a URL in a project file uses variables. */
export interface UrlReferences {
  /** The variable that is the whole URL; whoever sets it chooses the server. */
  readonly whole: string | undefined;
  /** True if the password is a variable's value, or contains one. */
  readonly inPassword: boolean;
  /** The variables that are all of the hosts, in order; empty if the file itself has a part of a host. */
  readonly hosts: readonly string[];
  /** The first variable in a place where only permitted ones are allowed. */
  readonly misplaced: string | undefined;
}

/** The variables allowed anywhere in a project file's URL. */
export function permittedVariables(list: string | undefined): readonly string[] {
  return [...PLACE_VARIABLES, ...(list?.split(/[\s,]+/).filter((name) => name !== "") ?? [])];
}

/** The first variable in a text that is not permitted. */
export function unpermittedVariable(written: string, permitted: readonly string[]): string | undefined {
  const names: string[] = [];
  substitute(written, (name) => mark(names.push(name) - 1));
  return names.find((name) => !permitted.includes(name));
}

/**
 * Finds the `${...}` in a URL. Each is replaced by a unique number and the URL is parsed as it will be later, so that
 * no spelling can disguise a part of it.
 */
export function urlReferences(written: string, permitted: readonly string[]): UrlReferences {
  const names: string[] = [];
  const marked = substitute(written, (name) => mark(names.push(name) - 1));
  const none = { whole: undefined, inPassword: false, hosts: [], misplaced: undefined };
  // A malformed reference is reported when it is replaced; the embedded database's directory is sent nowhere.
  if ("problem" in marked || names.length === 0 || /^pglite:/i.test(marked.value)) return none;
  if (marked.value.trim() === mark(0)) return { ...none, whole: names[0] };
  const parameters = read(marked.value);
  const values = [...parameters].map(([name, { value }]) => ({ name, value }));
  const isOnlyPassword = (index: number) => {
    const found = values.filter(({ value }) => value.includes(mark(index)));
    // After an @, the start of a value with a / or ? would be read as a host.
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

/** Digits, because they are valid in each part of a URL, the port included. */
function mark(index: number): string {
  return `7306142985${String(index).padStart(6, "0")}`;
}

/** Empty for a URL that cannot be parsed, so that nothing counts as the password. */
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
