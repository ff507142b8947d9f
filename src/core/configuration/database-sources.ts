import { settingOf } from "../settings/table.ts";
import { describeOrigin } from "./origin.ts";
import type { OwnServer, ResolvedSettings } from "./resolve-settings.ts";
import type { Variables } from "./sources.ts";

/** The named database, and the sources of the parameters that its URL leaves open. */
export interface DatabaseSources {
  readonly url: string | undefined;
  /** The origin of the URL, for messages. */
  readonly urlOrigin: string | undefined;
  /** Undefined if it comes from `environment`, where it has less precedence. */
  readonly passwordFile: string | undefined;
  readonly passwordFileOrigin: string | undefined;
  readonly passwordCommand: string | undefined;
  readonly passwordCommandOrigin: string | undefined;
  readonly environment: Variables;
  /** Set if only a project file names the server. */
  readonly ownServer?: OwnServer;
}

/** The sources that the settings give. */
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

/** The sources of the shadow database. It is another server, so the password file or command does not apply to it. */
export function shadowSources(resolved: ResolvedSettings): DatabaseSources {
  const { shadowUrl: url = "pglite:memory" } = resolved.values;
  const ownServer = resolved.ownServers.get("shadowUrl");
  return {
    ...typedSources(resolved, url),
    urlOrigin: describeOrigin(resolved.origins.shadowUrl),
    ...(ownServer && { ownServer }),
  };
}

/** The sources of a database that is named besides the one that the settings name. */
export function typedSources({ variables }: Pick<ResolvedSettings, "variables">, url: string): DatabaseSources {
  const environment = { ...variables };
  for (const variable of settingOf("passwordFile").variables) delete environment[variable];
  return {
    url,
    urlOrigin: undefined,
    passwordFile: undefined,
    passwordFileOrigin: undefined,
    passwordCommand: undefined,
    passwordCommandOrigin: undefined,
    environment,
  };
}
