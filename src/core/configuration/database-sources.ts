import { settingOf } from "../settings/table.ts";
import { describeOrigin } from "./origin.ts";
import type { OwnServer, ResolvedSettings } from "./resolve-settings.ts";
import type { Variables } from "./sources.ts";

/** What names the database, and what the parameters it leaves open are filled from. */
export interface DatabaseSources {
  readonly url: string | undefined;
  /** What messages call the place where the URL came from. */
  readonly urlOrigin: string | undefined;
  /** Undefined where `environment` names it: it is weaker then. */
  readonly passwordFile: string | undefined;
  readonly passwordFileOrigin: string | undefined;
  readonly passwordCommand: string | undefined;
  readonly passwordCommandOrigin: string | undefined;
  readonly environment: Variables;
  /** Set when only a project file names the server. */
  readonly ownServer?: OwnServer;
}

/** Those of the settings. */
export function databaseSources({ values, origins, variables, ownServers }: ResolvedSettings): DatabaseSources {
  const { url, passwordFile, passwordCommand } = values;
  const ownServer = ownServers.get("url");
  const inVariables = ["environment", "env-file"].includes(origins.passwordFile.source);
  return {
    url,
    urlOrigin: url === undefined ? undefined : describeOrigin(origins.url),
    passwordFile: inVariables ? undefined : passwordFile,
    passwordFileOrigin: passwordFile === undefined ? undefined : describeOrigin(origins.passwordFile),
    passwordCommand,
    passwordCommandOrigin: passwordCommand === undefined ? undefined : describeOrigin(origins.passwordCommand),
    environment: variables,
    ...(ownServer && { ownServer }),
  };
}

/** Those of the database to rehearse in, whose server is another one: the password's own file or command is not for it. */
export function shadowSources(resolved: ResolvedSettings): DatabaseSources {
  const { shadowUrl: url = "pglite:memory" } = resolved.values;
  const environment = { ...resolved.variables };
  const ownServer = resolved.ownServers.get("shadowUrl");
  for (const variable of settingOf("passwordFile").variables) delete environment[variable];
  return {
    url,
    urlOrigin: describeOrigin(resolved.origins.shadowUrl),
    passwordFile: undefined,
    passwordFileOrigin: undefined,
    passwordCommand: undefined,
    passwordCommandOrigin: undefined,
    environment,
    ...(ownServer && { ownServer }),
  };
}
