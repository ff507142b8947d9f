import { userInfo } from "node:os";
import process from "node:process";

/**
 * The user's home directory as libpq finds it. A container may run as a user whom nobody has written down, and in an
 * empty root nobody is: that has none, and "/" stands for it as it does at a login. Never the working directory, which
 * is what an empty HOME would make of a file's path.
 */
export function homeDirectory(): string {
  if (process.env.HOME) return process.env.HOME;
  try {
    return userInfo().homedir || "/";
  } catch {
    return "/";
  }
}
