import { isSocketDirectory, type ServerTarget } from "./target.ts";
import { authorityOf, isConnectionUrl } from "./url.ts";

/** The same URL with another database; undefined if the text is not a URL. */
export function urlWithDatabase(url: string, database: string): string | undefined {
  if (!isConnectionUrl(url)) return undefined;
  const [, scheme = "", rest = ""] = /^(\w+:\/\/)(.*)$/s.exec(url.trim()) ?? [];
  const authority = authorityOf(rest);
  const [, query = ""] = /\?(.*)$/s.exec(rest.slice(authority.length)) ?? [];
  // A parameter would be stronger than the path.
  const parameters = query.split("&").filter((pair) => pair !== "" && !pair.startsWith("dbname="));
  return `${scheme}${authority}/${encodeURIComponent(database)}${queryText(parameters)}`;
}

/** A URL of another database on a target's server. @param password the one that the server asks for, if any */
export function urlOf(target: ServerTarget, database: string, password: string | undefined): string {
  const { hosts, user, tls } = target;
  const secret = password ? `:${encodeURIComponent(password)}` : "";
  const isSocket = hosts.every(({ name }) => isSocketDirectory(name));
  const authority = isSocket ? "" : hosts.map(({ name, port }) => `${hostText(name)}:${port}`).join(",");
  const parameters = [
    ...(isSocket
      ? hosts.slice(0, 1).flatMap(({ name, port }) => [`host=${encodeURIComponent(name)}`, `port=${port}`])
      : []),
    ...(tls.mode === "disable" || tls.mode === "prefer" ? [] : [`sslmode=${tls.mode}`]),
  ];
  return `postgres://${encodeURIComponent(user)}${secret}@${authority}/${encodeURIComponent(database)}${queryText(parameters)}`;
}

function queryText(parameters: readonly string[]): string {
  return parameters.length === 0 ? "" : `?${parameters.join("&")}`;
}

function hostText(name: string): string {
  return name.includes(":") ? `[${name}]` : encodeURIComponent(name);
}
