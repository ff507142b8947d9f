import { Failure } from "./failure.ts";

/** A permission that Deno refused, in words for people. */
export interface RefusedPermission {
  /** The refused permission, worded to follow "Cannot connect: ". */
  readonly reason: string;
  /** How to grant it. */
  readonly hint: string;
}

/** The advice at the end of Deno's messages: how to run a script, or how to compile a program. */
const ADVICE = /, (?:run again with|specify the required permissions).*$/s;

/** The permissions that pgstep needs for everything except starting programs. */
export const PERMISSIONS = "--allow-net --allow-env --allow-read --allow-write --allow-sys";

/** The refusal in a Deno error or in its causes; undefined for other errors and on other runtimes. */
export function refusedPermission(error: unknown): RefusedPermission | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "NotCapable") return refusalIn(cause.message);
  }
  return undefined;
}

function refusalIn(message: string): RefusedPermission {
  const flag = /--allow-[a-z]+/.exec(message)?.[0] ?? PERMISSIONS;
  const verb = message.includes("during compilation") ? "Compile" : "Run";
  const others = PERMISSIONS.includes(flag) ? `; pgstep uses ${PERMISSIONS}` : "";
  return {
    reason: `Deno ${message.replace(ADVICE, "").replace(/^R/, "r")}`,
    hint: `${verb} pgstep with ${flag} as well${flag === PERMISSIONS ? "" : others}.`,
  };
}

/** The failure that names the permission that Deno refused, if an error was caused by that. */
export function permissionFailure(error: unknown): Failure | undefined {
  const refused = refusedPermission(error);
  if (!refused || (error instanceof Failure && error.code === "runtime-unsupported")) return undefined;
  const message = error instanceof Failure ? error.message : `Cannot continue: ${refused.reason}`;
  return new Failure("runtime-unsupported", message, { hint: refused.hint, cause: error });
}
