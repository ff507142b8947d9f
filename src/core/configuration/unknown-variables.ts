import { ENVIRONMENT_PARAMETERS } from "../connection/parameters.ts";
import { type FilePlace, type Finding, finding } from "../failure/failure.ts";
import { substitute } from "../setting-files/substitution.ts";
import { SETTING_NAMES, settingOf } from "../settings/table.ts";
import { nearest } from "../text/spelling.ts";
import { flagsOf, type LocatedProjectFile, type SettingSources } from "./sources.ts";
import { URL_VARIABLES } from "./url-references.ts";

const PREFIX = "PGSTEP_";

/** Variables that are no settings: pgstep's own, and those of install.sh, which a CI job may set for all its steps. */
const OTHERS: readonly string[] = [
  URL_VARIABLES,
  "PGSTEP_VERSION",
  "PGSTEP_TARGET",
  "PGSTEP_DOWNLOAD_BASE",
  "PGSTEP_VERIFY",
];

/** Variables that Kubernetes sets for a service with a name like pgstep or pgstep-db. */
const OF_A_SERVICE = /_(?:SERVICE_(?:HOST|PORT)|PORT_[0-9]+_(?:TCP|UDP|SCTP))(?:_|$)/;
const SERVICE_URL = /^(?:tcp|udp|sctp):\/\//;

/**
 * A warning for each variable whose name begins with PGSTEP_ and that pgstep does not know, by name. An empty variable
 * counts as not set. Variables of the user's own that the files refer to are no mistake.
 * @param referenced the names that the env-file refers to
 */
export function unknownVariables(
  { environment, envFile, projectFile }: SettingSources,
  referenced: ReadonlySet<string>,
): Finding[] {
  const known = new Set([...OTHERS, ...referenced, ...referencesIn(projectFile)]);
  for (const name of SETTING_NAMES) for (const variable of settingOf(name).variables) known.add(variable);
  const prefixes = SETTING_NAMES.flatMap((name) => settingOf(name).variablesBeginWith ?? []);
  const isUnknown = (name: string, value: string | undefined) =>
    name.startsWith(PREFIX) &&
    value !== undefined &&
    value !== "" &&
    !known.has(name) &&
    !prefixes.some((prefix) => name.startsWith(prefix)) &&
    !OF_A_SERVICE.test(name) &&
    !SERVICE_URL.test(value);
  const ofEnvironment = Object.keys(environment)
    .filter((name) => isUnknown(name, environment[name]))
    .sort()
    .map((name) => unknown(name));
  const ofFile = [...(envFile?.variables ?? [])]
    .filter(([name, { value }]) => isUnknown(name, value))
    .map(([name, { line }]) => unknown(name, { path: envFile?.path ?? "", line }));
  return [...ofEnvironment, ...ofFile];
}

function unknown(name: string, place?: FilePlace): Finding {
  const meant = meantBy(name.slice(PREFIX.length));
  return finding("unknown-variable", {
    message: `${name} is not a variable of pgstep`,
    hint: meant ? `Did you mean ${meant}?` : "For the list of variables, run pgstep help settings.",
    place,
  });
}

/** The variable that was most likely meant, from a name without its prefix. */
function meantBy(rest: string): string | undefined {
  const ofLibpq = `PG${rest}`;
  if (Object.hasOwn(ENVIRONMENT_PARAMETERS, ofLibpq)) return ofLibpq;
  // Also as the flag or the key would be written.
  const spellings = new Map<string, string>();
  for (const setting of SETTING_NAMES.map(settingOf)) {
    const { variables, key } = setting;
    const [variable = ""] = variables;
    const flags = flagsOf(setting).map(({ flag }) => flag.replaceAll("-", "_"));
    const words = [...variables, ...flags, ...(key === undefined ? [] : [key.replace(/[A-Z]/g, "_$&")])];
    for (const word of words) spellings.set(word.toUpperCase().replace(PREFIX, ""), variable);
  }
  const near = nearest(rest, [...spellings.keys()]);
  return near === undefined ? undefined : spellings.get(near);
}

/** The variables that a project file refers to, in all its sections. */
function referencesIn(projectFile: LocatedProjectFile | undefined): Set<string> {
  const names = new Set<string>();
  for (const written of [projectFile?.settings, ...(projectFile?.environments.values() ?? [])]) {
    for (const { text } of written?.values() ?? []) {
      substitute(text, (name) => {
        names.add(name);
        return "";
      });
    }
  }
  return names;
}
