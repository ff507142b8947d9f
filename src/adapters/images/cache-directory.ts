import { isAbsolute, join } from "node:path";
import process from "node:process";
import { homeDirectory } from "../network/home-directory.ts";

/**
 * The user's directory for what can be made again (XDG Base Directory Specification; on macOS and Windows, their own).
 * Undefined for a user without a home directory.
 */
export function cacheDirectory(): string | undefined {
  const { XDG_CACHE_HOME: given, LOCALAPPDATA: local } = process.env;
  if (given && isAbsolute(given)) return join(given, "pgstep");
  if (process.platform === "win32") return local ? join(local, "pgstep", "cache") : undefined;
  const home = homeDirectory();
  if (home === "/") return undefined;
  return process.platform === "darwin" ? join(home, "Library", "Caches", "pgstep") : join(home, ".cache", "pgstep");
}
