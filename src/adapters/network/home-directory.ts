import { userInfo } from "node:os";
import process from "node:process";

/**
 * The user's home directory, as libpq finds it. A container may run as a user without an entry in /etc/passwd, or have
 * no such file: then it is "/", as at a login. Never the working directory, which an empty HOME would lead to.
 */
export function homeDirectory(): string {
  if (process.env.HOME) return process.env.HOME;
  try {
    return userInfo().homedir || "/";
  } catch {
    return "/";
  }
}
