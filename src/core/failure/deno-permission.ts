import { Failure } from "./failure.ts";

/** A permission that Deno has refused, for people. */
export interface RefusedPermission {
  /** What was refused, after "Cannot connect: ". */
  readonly reason: string;
  /** How to give it. */
  readonly hint: string;
}

/** What Deno's errors say behind what they refuse: how to run a script, or how to compile a program. */
const ADVICE = /, (?:run again with|specify the required permissions).*$/s;

/** What pgstep needs to do everything but start programs. */
export const PERMISSIONS = "--allow-net --allow-env --allow-read --allow-write --allow-sys";

/** The refusal that an error of Deno's is, or that it was caused by; undefined for every other error, and elsewhere. */
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

/** The failure that says which permission Deno has refused, where an error is of that; whatever else was made of it. */
export function permissionFailure(error: unknown): Failure | undefined {
  const refused = refusedPermission(error);
  if (!refused || (error instanceof Failure && error.code === "runtime-unsupported")) return undefined;
  const message = error instanceof Failure ? error.message : `Cannot continue: ${refused.reason}`;
  return new Failure("runtime-unsupported", message, { hint: refused.hint, cause: error });
}
